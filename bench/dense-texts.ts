// Made-up texts that are nothing but data: a web server's log, an export of customers as CSV and as JSON, lists of numbers.

/** A small generator of numbers below `limit` (Numerical Recipes), the same at each run. */
let state = 42;
function below(limit: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return (state >>> 8) % limit;
}

const digits = (count: number): string => Array.from({ length: count }, () => below(10)).join('');
const hex = (count: number): string => Array.from({ length: count }, () => below(16).toString(16)).join('');
const one = (list: readonly string[]): string => list[below(list.length)] ?? '';
const octets = (): string => `203.0.${below(256)}.${below(256)}`;
const FIRST = ['anna', 'ben', 'chloe', 'david', 'elena', 'farid', 'greta'];
const LAST = ['miller', 'schmidt', 'dubois', 'rossi', 'novak'];

const logLine = (): string =>
  `${octets()} - ${one(FIRST)} [04/Mar/2026:10:22:${digits(2)} +0000] "GET /api/v1/orders/${digits(6)}?page=${digits(1)} HTTP/1.1" 200 ` +
  `${digits(4)} "https://shop.example.com/cart" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0)" rt=0.${digits(3)} request=${hex(16)}\n`;

const csvLine = (): string =>
  `${digits(5)},${one(FIRST)},${one(LAST)},${one(FIRST)}.${one(LAST)}@example.org,+49 30 ${digits(6)},19${digits(2)}-03-${10 + below(18)},` +
  `DE${digits(20)},4${digits(15)},${digits(3)}-${digits(2)}-${digits(4)},${digits(5)} Berlin,${digits(4)}.${digits(2)}\n`;

const customer = (): string =>
  `${JSON.stringify({
    id: below(99_999),
    name: `${one(FIRST)} ${one(LAST)}`,
    email: `${one(FIRST)}@example.com`,
    phone: `+1 555 ${digits(3)} ${digits(4)}`,
    card: '4111111111111111',
    iban: 'DE89370400440532013000',
    ip: octets(),
    mac: Array.from({ length: 6 }, () => hex(2)).join(':'),
    taxId: digits(11),
    created: `2026-03-04T10:22:11.${digits(3)}Z`,
    balance: below(1_000_000) / 100,
  })},\n`;

const lines = (line: () => string, units: number): string => {
  let text = '';
  while (text.length < units) text += line();
  return text.slice(0, units);
};

/** Texts of so many units, by what they are. */
export const denseTexts = (units: number): Readonly<Record<string, string>> => ({
  "a web server's log": lines(logLine, units),
  'customers as CSV': lines(csvLine, units),
  'customers as JSON': lines(customer, units),
  'identifiers of eight to eleven digits': lines(() => `${digits(9)},${digits(10)},${digits(11)},${digits(8)}\n`, units),
});
