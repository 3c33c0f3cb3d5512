// Whether a month can have a day.

/** Month 1 to 12 and a day that the month can have; the year is not looked at. */
export const isMonthDay = (month: number, day: number): boolean =>
  month >= 1 && month <= 12 && day >= 1 && day <= (month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31);
