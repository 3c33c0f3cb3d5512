// Colours as people see them: red, green and blue from 0 to 255, or undefined for what a sheet alone does not tell.

export type Colour = readonly [number, number, number];

const NAMES: Readonly<Record<string, Colour>> = {
  white: [255, 255, 255], black: [0, 0, 0], snow: [255, 250, 250], ivory: [255, 255, 240], ghostwhite: [248, 248, 255], whitesmoke: [245, 245, 245],
  mintcream: [245, 255, 250], azure: [240, 255, 255], floralwhite: [255, 250, 240], seashell: [255, 245, 238], red: [255, 0, 0], blue: [0, 0, 255],
  green: [0, 128, 0], yellow: [255, 255, 0], navy: [0, 0, 128], gray: [128, 128, 128], grey: [128, 128, 128], silver: [192, 192, 192],
}; // prettier-ignore

const hex = (digits: string): Colour => {
  const wide = digits.length < 6 ? [...digits].map((unit) => unit + unit).join('') : digits;
  return [0, 2, 4].map((at) => Number.parseInt(wide.slice(at, at + 2), 16)) as unknown as Colour;
};

function hsl(hue: number, saturation: number, light: number): Colour {
  const part = (shift: number): number => {
    const k = (shift + hue / 30) % 12;
    return Math.round(255 * (light - saturation * Math.min(light, 1 - light) * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [part(0), part(8), part(4)];
}

/** Undefined for what is no plain colour; `transparent` where nothing is drawn. Takes small letters without needless blanks. */
export function parseColour(text: string): Colour | 'transparent' | undefined {
  if (text === 'transparent') return 'transparent';
  const named = NAMES[text];
  if (named !== undefined) return named;
  const digits = /^#([\da-f]{8}|[\da-f]{6}|[\da-f]{3,4})$/.exec(text)?.[1];
  if (digits !== undefined)
    return /^(?:.{6}0[0-9a-f]|.{3}0)$/.test(digits) && digits.length !== 6 && digits.length !== 3 ? 'transparent' : hex(digits);
  const call = /^(rgb|hsl)a?\(([^()]{1,80})\)$/.exec(text);
  if (call === null) return undefined;
  const parts = (call[2] ?? '').split(/[\s,/]+/).filter((part) => part !== '');
  const numbers = parts.map((part) => Number.parseFloat(part) * (part.endsWith('%') && call[1] === 'rgb' ? 2.55 : 1));
  const [a = 0, b = 0, c = 0, alpha = 1] = numbers;
  if (numbers.length < 3 || numbers.some((each) => Number.isNaN(each))) return undefined;
  if (alpha <= 0.08) return 'transparent';
  return call[1] === 'rgb' ? [a, b, c] : hsl(((a % 360) + 360) % 360, b / 100, c / 100);
}

/** Greatest difference of one of the three that no eye makes out. */
const UNSEEN_MAX = 14;

export const isAlike = (one: Colour, other: Colour): boolean => one.every((value, at) => Math.abs(value - (other[at] ?? 0)) <= UNSEEN_MAX);

export const WHITE: Colour = [255, 255, 255];
