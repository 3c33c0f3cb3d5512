// What is personal in whole texts alone, and too costly or too doubtful on every request: web addresses, e-mail addresses that are
// spelled out, account numbers in small letters.
import type { Finding, Severity } from '../../core/types.ts';
import { isIban } from '../span/numbers/codes.ts';

interface Form {
  readonly type: string;
  readonly pattern: RegExp;
  readonly severity: Severity;
  readonly check?: (written: string) => boolean;
  readonly reason: string;
}

/** All repeats are bounded, so that no text costs more than its length times a constant. */
const FORMS: readonly Form[] = [
  { type: 'DOMAIN_NAME', pattern: /\b(?:https?:\/\/|www\.)[^\s<>"'`)\]}]{3,300}/gi, severity: 'info', reason: 'a web address' },
  {
    type: 'EMAIL_ADDRESS',
    pattern: /\b[a-z0-9][a-z0-9._+-]{0,40} ?(?:\(at\)|\[at\]|\{at\}| at ) ?[a-z0-9-]{1,40}(?: ?(?:\(dot\)|\[dot\]|\{dot\}| dot ) ?[a-z]{2,12}){1,3}\b/gi,
    severity: 'low',
    reason: 'an e-mail address, spelled out',
  },
  {
    type: 'IBAN_CODE',
    pattern: /\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?\b/g,
    severity: 'high',
    check: (written) => isIban(written.replaceAll(' ', '').toUpperCase()),
    reason: 'a country, its length and a valid check number',
  },
]; // prettier-ignore

export function webAndMail(text: string): readonly Finding[] {
  return FORMS.flatMap(({ type, pattern, severity, check, reason }) =>
    [...text.matchAll(pattern)].flatMap(({ 0: written, index }): readonly Finding[] => {
      if (check?.(written) === false) return [];
      const end = index + written.replace(/[.,;:!?]+$/, '').length;
      return [
        { rule: 'pii.names', class: 'personal-data', type, severity, score: 0.9, start: index, end, reason, taxonomy: 'sensitive-output' },
      ];
    }),
  );
}
