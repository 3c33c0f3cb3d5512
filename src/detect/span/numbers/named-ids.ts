// Identifiers that only the words before them give away, by the table: what names them, how they look, what checks them.
import { weighted } from '../checksums.ts';
import { isCodiceFiscale, isIban } from './codes.ts';
import table from '../tables/named-ids.json' with { type: 'json' };

export interface NamedId {
  readonly type: string;
  readonly value: RegExp;
  readonly check: (value: string) => boolean;
}

/** ISO 3779: seventeen letters and digits. The check digit of 49 CFR 565 is American only, and so proves nothing by its absence. */
const isVin = (value: string): boolean => /[A-Z]/.test(value) && /\d{4}$/.test(value);

/** United States Drug Enforcement Administration: last digit of (1st + 3rd + 5th) + 2 (2nd + 4th + 6th). */
const isDea = (value: string): boolean => weighted(value.slice(2), [1, 2, 1, 2, 1, 2]) % 10 === Number(value[8]);

const CHECKS: Readonly<Record<string, (value: string) => boolean>> = {
  vin: isVin,
  dea: isDea,
  iban: (value) => isIban(value.replace(/[ -]/g, '').toUpperCase()),
  fiscal: (value) => isCodiceFiscale(value.toUpperCase()),
};

const parsed = table.map((row) => ({
  keywords: row.keywords,
  id: {
    type: row.type,
    value: new RegExp(`(?:${row.value})(?![A-Za-z0-9_])`, 'y'),
    check: row.check === undefined ? () => true : (CHECKS[row.check] ?? (() => false)),
  },
}));

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

const ACRONYMS = new Set(['id', 'mac', 'xrp', 'sol']);

/** As people write them: `medical record`, `Medical record`, `Medical Record`, `MEDICAL RECORD`, `Member ID`. */
function spellings(keyword: string): readonly string[] {
  const words = keyword.split(' ');
  const short = (list: readonly string[]): string => list.map((word) => (ACRONYMS.has(word) ? word.toUpperCase() : word)).join(' ');
  return [
    ...new Set([
      keyword,
      keyword.toUpperCase(),
      capital(keyword),
      words.map(capital).join(' '),
      short(words),
      capital(short(words)),
      short(words.map((word) => (ACRONYMS.has(word) ? word : capital(word)))),
    ]),
  ];
}

/** A keyword in one of its spellings, and what it names. */
export const NAMED: readonly { readonly keyword: string; readonly id: NamedId }[] = parsed.flatMap(({ keywords, id }) =>
  keywords.flatMap((keyword) => spellings(keyword).map((spelling) => ({ keyword: spelling, id }))),
);
