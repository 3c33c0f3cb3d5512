// What a document says to a model and not to a person: hidden in pages, Markdown, mails and sheets.
import { hiddenInHtml } from './hidden-html.ts';
import { hiddenInMail, unfolded } from './mail-parts.ts';

export interface HiddenPart {
  /** How it is hidden, in words. */
  readonly how: string;
  readonly text: string;
  /** Where it stands in the document. */
  readonly start: number;
  readonly end: number;
}

interface Form {
  readonly how: string;
  readonly pattern: RegExp;
  /** Without it the pattern is not tried. */
  readonly needs?: string;
}

/** Each with one group, which is what is hidden. All repeats are bounded. */
const FORMS: readonly Form[] = [
  { how: 'a comment of Markdown', pattern: /^\[(?:\/\/|comment|#|hidden|_)[^\]\n]{0,40}\]:\s*(?:#|<[^>\n]{0,200}>|\S{1,200})\s*["'(]([^\n]{8,4000})["')]\s*$/gim },
  { how: 'the title of a link', pattern: /\]\(\s*<?[^\s()<>"]{0,2000}>?\s+["'“]([^]{8,4000}?)["'”]\s*\)/g },
  { how: 'the title of a reference', pattern: /^\[[^\]\n]{1,200}\]:\s*\S{1,2000}\s+["'(]([^\n]{8,4000})["')]\s*$/gm },
  { how: 'a note below the text', pattern: /^\[\^[^\]\n]{1,40}\]:[ \t]*([^\n]{12,4000})$/gm },
  { how: 'the text behind an image', pattern: /!\[([^\]\n]{12,4000})\]\(/g },
  { how: 'front matter', pattern: /^---\r?\n([^]{8,8000}?)\r?\n(?:---|\.\.\.)\s*$/gm },
  { how: 'a header of a mail', pattern: /^(?:X-[\w-]{1,60}|Comments|Keywords|Thread-Topic|List-[\w-]{1,30}):[ \t]*([^\n]{12,4000})$/gim },
  { how: 'a comment of code', pattern: /^[ \t]*(?:#|\/\/|--|;|%|REM)[ \t]+([^\n]{24,2000})$/gm },
  { how: 'front matter', pattern: /^\+\+\+\r?\n([^]{8,8000}?)\r?\n\+\+\+\s*$/gm },
  { how: 'a comment of code', pattern: /^[ \t]*%%[ \t]+([^\n]{24,2000})$/gm },
  { how: 'far to the right of the text', pattern: /(?<=\S)[^\S\n]{80,20000}([^\s][^\n]{11,4000})/g },
  { how: 'far to the right of the text, off the page', pattern: /(?<![,;\t])[,;\t]{20,20000}"?([^\s",;][^\n]{11,4000})/g },
  { how: 'far below the text', pattern: /(?<=\S)(?:[^\S\n]{0,80}\n){40,4000}[^\S\n]{0,80}([^\s][^\n]{11,4000})/g },
  { how: 'text in a formula', pattern: /(?:^|[,;\t"])=[^\n]{0,200}?""?([^"\n]{12,4000})"/gm },
  { how: 'text that is set to vanish', pattern: /\{\\v[ \n]([^{}\n]{12,4000})\}/g },
  { how: 'letters in the colour of the paper', pattern: /\\cf1[ \n]([^{}\n\\]{12,4000})/g },
  { how: 'the description of an event', pattern: /^(?:DESCRIPTION|COMMENT|X-ALT-DESC|LOCATION)(?:;[^:\n]{0,200})?:([^\n]{12,4000}(?:\n[ \t][^\n]{0,4000}){0,200})$/gm },
  { how: 'a comment of code', pattern: /\/\*([^]{24,4000}?)\*\//g, needs: '*/' },
  { how: 'letters that are not drawn', pattern: /((?:\udb40[\udc20-\udc7e]){8,2000})/g },
  { how: 'letters that are not drawn', pattern: /((?:\udb40[\udd00-\uddef]|[\ufe00-\ufe0f]){8,4000})/g },
  { how: 'letters that are not drawn', pattern: /(\p{L}(?:[\u200b-\u200d\u2060\ufeff]{1,4}[\p{L}\p{N}\p{P} ]){12,4000})/gu },
]; // prettier-ignore

const PARTS_MAX = 200;

/** Letters of the tag block (U+E0020 to U+E007E), bytes as variation selectors, and letters with nothing drawn between them, as what they stand for. */
function drawn(text: string): string {
  const tagged = text.replace(/\udb40([\udc20-\udc7e])/g, (_, low: string) => String.fromCharCode(low.charCodeAt(0) - 0xdc00));
  const bytes = Array.from(tagged.matchAll(/\udb40([\udd00-\uddef])|([\ufe00-\ufe0f])/g), ([, high, low]) =>
    high === undefined ? (low ?? '').charCodeAt(0) - 0xfe00 : high.charCodeAt(0) - 0xdd00 + 16,
  );
  return bytes.length >= 8 ? Buffer.from(bytes).toString('utf8') : unfolded(tagged.replace(/[\u200b-\u200d\u2060\ufeff]/g, ''));
}

/** At most 200 parts, in the order of the document within each way of hiding. */
export function hiddenParts(text: string): readonly HiddenPart[] {
  const parts: HiddenPart[] = [...(text.includes('<') ? hiddenInHtml(text) : []), ...hiddenInMail(text)];
  for (const { how, pattern, needs } of FORMS) {
    if (needs !== undefined && !text.includes(needs)) continue;
    for (const match of text.matchAll(pattern)) {
      if (parts.length >= PARTS_MAX) return parts;
      const written = match[1] ?? '';
      const start = match.index + match[0].indexOf(written);
      parts.push({ how, text: drawn(written), start, end: start + written.length });
    }
  }
  return parts.slice(0, PARTS_MAX);
}
