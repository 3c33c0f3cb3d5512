// What a document says to a model and not to a person: hidden in pages, Markdown, mails and sheets.
import { hiddenInHtml } from './hidden-html.ts';

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
}

/** Each with one group, which is what is hidden. All repeats are bounded. */
const FORMS: readonly Form[] = [
  { how: 'a comment of Markdown', pattern: /^\[(?:\/\/|comment|#|hidden|_)[^\]\n]{0,40}\]:\s*(?:#|<[^>\n]{0,200}>|\S{1,200})\s*["'(]([^\n]{8,4000})["')]\s*$/gim },
  { how: 'the title of a link', pattern: /\]\(\s*<?[^\s()<>"]{0,2000}>?\s+["'“]([^]{8,4000}?)["'”]\s*\)/g },
  { how: 'the title of a reference', pattern: /^\[[^\]\n]{1,200}\]:\s*\S{1,2000}\s+["'(]([^\n]{8,4000})["')]\s*$/gm },
  { how: 'the text behind an image', pattern: /!\[([^\]\n]{12,4000})\]\(/g },
  { how: 'front matter', pattern: /^---\r?\n([^]{8,8000}?)\r?\n(?:---|\.\.\.)\s*$/gm },
  { how: 'a header of a mail', pattern: /^(?:X-[\w-]{1,60}|Comments|Keywords|Thread-Topic|List-[\w-]{1,30}):[ \t]*([^\n]{12,4000})$/gim },
  { how: 'a comment of code', pattern: /^[ \t]*(?:#|\/\/|--|;|%|REM)[ \t]+([^\n]{24,2000})$/gm },
  { how: 'a comment of code', pattern: /\/\*([^]{24,4000}?)\*\//g },
  { how: 'letters that are not drawn', pattern: /((?:\udb40[\udc20-\udc7e]){8,2000})/g },
]; // prettier-ignore

const PARTS_MAX = 200;

/** Letters of the tag block (U+E0020 to U+E007E) as the letters that they stand for. */
const drawn = (text: string): string =>
  text.replace(/\udb40([\udc20-\udc7e])/g, (_, low: string) => String.fromCharCode(low.charCodeAt(0) - 0xdc00));

/** At most 200 parts, in the order of the document within each way of hiding. */
export function hiddenParts(text: string): readonly HiddenPart[] {
  const parts: HiddenPart[] = text.includes('<') ? [...hiddenInHtml(text)] : [];
  for (const { how, pattern } of FORMS) {
    for (const match of text.matchAll(pattern)) {
      if (parts.length >= PARTS_MAX) return parts;
      const written = match[1] ?? '';
      const start = match.index + match[0].indexOf(written);
      parts.push({ how, text: drawn(written), start, end: start + written.length });
    }
  }
  return parts.slice(0, PARTS_MAX);
}
