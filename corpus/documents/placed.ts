// Puts texts where documents hide them: the ways of hiding that tests and the training of `models/documents/` share.
import { readFileSync } from 'node:fs';

export interface Samples {
  readonly orders: readonly string[];
  readonly innocent: readonly string[];
}

const parseFile = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));

/** `fitted` is what weights are fitted to; `unseen` is looked at by tests alone. */
export const SAMPLES = parseFile('orders.json') as { readonly fitted: Samples; readonly unseen: Samples };

/** More to fit to; `about` speaks of models and to nobody. */
const TALK = parseFile('talk.json') as Samples & { readonly about: readonly string[] };

const SEEN = 'The committee met on Tuesday and went through the budget for the coming season. Visitors may park behind the hall.';
const inHtml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const page = (head: string, body: string): string => `<html><head>${head}</head><body><p>${SEEN}</p>${body}<p>${SEEN}</p></body></html>`;
const base64 = (text: string): string =>
  Buffer.from(text)
    .toString('base64')
    .replace(/(.{76})/g, '$1\r\n');
const HEADERS = 'From: Tilda <tilda@garden.example>\r\nTo: all@garden.example\r\nSubject: Minutes\r\nMIME-Version: 1.0\r\n';
const mail = (plain: string, html: string, coding = ''): string =>
  `${HEADERS}Content-Type: multipart/alternative; boundary="b1"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\n${plain}\r\n--b1\r\nContent-Type: text/html\r\n${coding === '' ? html : `Content-Transfer-Encoding: ${coding}\r\n\r\n${base64(html)}`}\r\n--b1--\r\n`;

type Place = (text: string) => string;

/** Ways of hiding, none of which a person sees through. */
export const WAYS_OF_HIDING: Readonly<Record<string, Place>> = {
  'a colour by a variable': (text) =>
    page('<style>:root{--a:#f4f4f0;--b:#f4f4f0}body{background:var(--a)}.k{color:var(--b)}</style>', `<p class=k>${inHtml(text)}</p>`),
  'a colour like that around it': (text) => page('', `<div style="background:#0a0a0a"><p style="color:#0b0b0b">${inHtml(text)}</p></div>`),
  'a rule for screens': (text) => page('<style>@media screen{aside{dis\\70lay:none}}</style>', `<aside>${inHtml(text)}</aside>`),
  'a shift': (text) => page('', `<div style="position:fixed;transform:translateX(-9999px)">${inHtml(text)}</div>`),
  'a clip': (text) => page('', `<div style="position:absolute;clip-path:polygon(0 0,0 0,0 0)">${inHtml(text)}</div>`),
  'words hidden one by one': (text) =>
    page(
      '<style>.h{display:none}</style>',
      text
        .split(' ')
        .map((word) => `<span class="h">${inHtml(word)} </span>`)
        .join(''),
    ),
  'a comment': (text) => page('', `<!-- ${text} -->`),
  'the title of a reference': (text) => `${SEEN} See [the rules][r].\n\n[r]: https://garden.example "${text.replaceAll('"', "'")}"\n`,
  'a mail whose page says something else': (text) => mail(text, `\r\n<p>${SEEN}</p>`),
  'a coded mail': (text) => mail(SEEN, `<div style="display:none">${inHtml(text)}</div><p>${SEEN}</p>`, 'base64'),
  'a column far to the right': (text) => `name,fee\nAda,40\nBert,40${','.repeat(60)}"${text.replaceAll('"', '""')}"\n`,
};

export const inAnAttribute: Place = (text) => page('', `<p hidden>${inHtml(text)}</p>`);

/** For everybody to read, in a paragraph of its own. */
export const inPlainSight: Place = (text) => `${SEEN}\n\n${text}\n`;

const inCode: Place = (text) => `total = 0\n# ${text}\nfor fee in fees:\n    total += fee\n`;

export interface Teaching {
  readonly label: 0 | 1;
  readonly text: string;
  readonly places: readonly Place[];
}

/** What weights are fitted to, each text with the places where it teaches something: documentation does not hide what it says of models. */
export function teaching(): readonly Teaching[] {
  const everywhere = [inPlainSight, ...Object.values(WAYS_OF_HIDING)];
  const all = (label: 0 | 1, texts: readonly string[], places: readonly Place[]): readonly Teaching[] =>
    texts.map((text) => ({ label, text, places }));
  return [
    ...all(1, [...SAMPLES.fitted.orders, ...TALK.orders], everywhere),
    ...all(0, [...SAMPLES.fitted.innocent, ...TALK.innocent], everywhere),
    ...all(0, TALK.about, [inPlainSight, inCode]),
  ];
}
