// A mail as it is meant, its coded bodies and headers decoded (RFC 2045, 2047, 5322), and what its reader is not shown: a plain version that differs from the page that is shown (RFC
// 2046, 5.1.4), and what stands behind the last boundary.
import { withoutEntities } from './entities.ts';
import type { HiddenPart } from './hidden-parts.ts';

const HEADERS_UNITS_MAX = 16_384;
const BODIES_MAX = 100;
const BODY_UNITS_MAX = 2_000_000;
const IS_MAIL = /^(?:from|to|subject|date|received|return-path|delivered-to|message-id|mime-version|content-type):/im;

interface Body {
  readonly type: string;
  readonly coding: string;
  readonly isAttached: boolean;
  readonly start: number;
  readonly end: number;
}

const header = (headers: string, name: string): string => new RegExp(`^${name}:[ \\t]*([^\\r\\n]*(?:\\r?\\n[ \\t][^\\r\\n]*){0,20})`, 'im').exec(headers)?.[1]?.replace(/\r?\n[ \t]+/g, ' ') ?? ''; // prettier-ignore

/** The bodies of a mail, however its parts are nested: each part begins behind a line with one of the boundaries. */
function bodiesOf(mail: string): { readonly bodies: readonly Body[]; readonly ends: number } {
  const boundaries = [...new Set(Array.from(mail.matchAll(/\bboundary\s*=\s*(?:"([^"\r\n]{1,100})"|([^\s;"]{1,100}))/gi), ([, quoted, bare]) => quoted ?? bare ?? ''))]; // prettier-ignore
  const lines = Array.from(mail.matchAll(/^--([^\r\n]{1,102})\r?$/gm)).filter(([, name = '']) => boundaries.includes(name.trimEnd().replace(/--$/, ''))); // prettier-ignore
  const starts = [0, ...lines.map((line) => line.index + line[0].length)];
  const stops = [...lines.map(({ index }) => index), mail.length];
  const bodies: Body[] = [];
  starts.slice(0, BODIES_MAX).forEach((from, at) => {
    const to = stops[at] ?? mail.length;
    const body = bodyOf(mail, from, to);
    if (body !== undefined) bodies.push(body);
  });
  const last = lines.at(-1);
  return { bodies, ends: last?.[1]?.trimEnd().endsWith('--') === true ? last.index + last[0].length : mail.length };
}

function bodyOf(mail: string, from: number, to: number): Body | undefined {
  const gap = /\r?\n\r?\n/.exec(mail.slice(from, Math.min(to, from + HEADERS_UNITS_MAX)));
  if (gap === null) return undefined;
  const headers = mail.slice(from, from + gap.index);
  const start = from + gap.index + gap[0].length;
  return {
    type: header(headers, 'content-type').toLowerCase(),
    coding: header(headers, 'content-transfer-encoding').trim().toLowerCase(),
    isAttached: /attachment/i.test(header(headers, 'content-disposition')),
    start,
    end: to,
  };
}

const fromQuoted = (text: string): string => Buffer.from(text.replace(/=[ \t]*\r?\n/g, '').replace(/=([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1').toString('utf8'); // prettier-ignore

function decoded(text: string, coding: string): string {
  if (coding === 'base64') return Buffer.from(text, 'base64').toString('utf8');
  return coding === 'quoted-printable' ? fromQuoted(text) : text;
}

const shown = (html: string): string => withoutEntities(html.replace(/<(?:style|script|head|title)[^]*?<\/(?:style|script|head|title)>/gi, ' ').replace(/<[^<>]{0,2000}>/g, ' ')); // prettier-ignore
const plainWords = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];

/** Share of words that a sentence must have in common with the page to count as shown. */
const SHOWN_SHARE = 0.6;

/** Sentences of the plain version that the page does not show. */
function unshown(plain: string, page: string): string {
  const seen = new Set(plainWords(page));
  return plain
    .split(/(?<=[.!?])\s+|\r?\n\s*\r?\n/)
    .filter((sentence) => {
      const words = plainWords(sentence);
      return words.length > 2 && words.filter((word) => seen.has(word)).length < words.length * SHOWN_SHARE;
    })
    .join(' ');
}

const ENCODED_WORD = /=\?[\w-]{1,40}\?([bq])\?([^?\s]{1,4000})\?=/gi;

const plainHeaders = (headers: string): string =>
  headers
    .replace(/\r?\n[ \t]+/g, ' ')
    .replace(ENCODED_WORD, (_, coding: string, text: string) =>
      decoded(text.replaceAll('_', ' '), coding.toLowerCase() === 'b' ? 'base64' : 'quoted-printable'),
    );

const isMail = (text: string): boolean =>
  /^[\w-]{2,60}:/.test(text.trimStart().slice(0, 80)) && IS_MAIL.test(text.slice(0, HEADERS_UNITS_MAX));

const CODED = /^(?:base64|quoted-printable)$/;

/** A mail with its bodies and headers as they are meant, in the order of the file; anything else as it is. What is no text stays coded. */
export function decodedMail(text: string): string {
  if (!isMail(text)) return text;
  const { bodies } = bodiesOf(text);
  const headersEnd = Math.max(0, text.search(/\r?\n\r?\n/));
  let plain = plainHeaders(text.slice(0, headersEnd));
  let from = headersEnd;
  for (const { type, coding, start, end } of bodies) {
    if (start < from || !CODED.test(coding) || !/^(?:text\/|message\/|$)/.test(type) || end - start > BODY_UNITS_MAX) continue;
    plain += `${text.slice(from, start).replace(/^content-transfer-encoding:[^\r\n]*\r?\n?/gim, '')}${decoded(text.slice(start, end), coding)}\n`;
    from = end;
  }
  return plain + text.slice(from);
}

/** Parts of a decoded mail that its reader is not shown, with their places in it; none for what is no mail. */
export function hiddenInMail(mail: string): readonly HiddenPart[] {
  if (!isMail(mail)) return [];
  const { bodies, ends } = bodiesOf(mail);
  const texts = bodies.map((body) => ({ ...body, text: mail.slice(body.start, body.end) }));
  const page = texts.filter(({ type }) => type.startsWith('text/html')).map(({ text }) => shown(text)).join(' '); // prettier-ignore
  const parts: HiddenPart[] = [];
  for (const { type, isAttached, start, end, text } of texts) {
    const only = page !== '' && type.startsWith('text/plain') && !isAttached ? unshown(text, page) : '';
    if (only !== '') parts.push({ how: 'in one version of a mail only', text: only, start, end });
  }
  const behind = mail.slice(ends).trim();
  if (behind !== '') parts.push({ how: 'behind the end of a mail, in one version only', text: behind, start: ends, end: mail.length });
  return parts;
}

/** Lines of calendars go on behind a line end and a blank (RFC 5545, 3.1). */
export const unfolded = (text: string): string => text.replace(/\r?\n[ \t]/g, '').replace(/\\([,;n])/gi, (_, unit: string) => (unit.toLowerCase() === 'n' ? '\n' : unit)); // prettier-ignore
