// What the sink `html` lets through, in a real browser: nothing of it runs, in whatever order its pieces come.
import { existsSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SINK_DETECTORS } from '../../src/detect/sinks/sinks.ts';
import { createSpanScanner } from '../../src/detect/span/scanner.ts';

interface Corpus {
  readonly hits: readonly string[];
  readonly benign: readonly string[];
}

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const hasChromium = existsSync(CHROMIUM);
if (!hasChromium && process.env['CI'] !== undefined) throw new Error(`${CHROMIUM} is missing: .ci/run installs it`);

const corpus = JSON.parse(readFileSync(new URL('../../corpus/sinks/html.json', import.meta.url), 'utf8')) as Corpus;
const scanner = createSpanScanner(SINK_DETECTORS);

function safeOf(text: string): string {
  const stream = scanner.stream({ direction: 'output', origin: 'model', context: {}, sink: 'html' });
  return [stream.push(text), stream.end()]
    .flatMap(({ pieces }) => pieces)
    .map((piece) => (piece.kind === 'finding' ? (scanner.neutral(piece.finding.rule, piece.text) ?? '') : piece.text))
    .join('');
}

/** Where a page puts text: between other elements, and at its end, where what follows would close an open tag. */
const PLACES: readonly ((text: string) => string)[] = [
  (text) => `<div>${text}</div><p title="x">end</p>`,
  (text) => `<div>${text}`,
  (text) => `<table><tr><td>${text}</td></tr></table>`,
];

let browser: Browser | undefined;
let page: Page | undefined;
const asked: string[] = [];

beforeAll(async () => {
  if (!hasChromium) return;
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  page = await browser.newPage();
  await page.route('**', (route) => {
    asked.push(route.request().url());
    return route.abort();
  });
});
afterAll(() => browser?.close());

/** Runs in the page: gives the indexes of the texts of which something ran. A string, because there is no browser where it is compiled. */
const IN_PAGE = `async (documents) => {
  const ran = new Set();
  document.body.replaceChildren();
  await Promise.all(documents.map((text, index) => {
    const frame = document.createElement('iframe');
    const done = new Promise((resolve) => {
      frame.addEventListener('load', resolve, { once: true });
      setTimeout(resolve, 500);
    });
    document.body.append(frame);
    const within = frame.contentDocument;
    // Written, so that scripts run as they do in a page that was sent.
    within.open();
    within.defaultView.alert = () => ran.add(index);
    within.write(text);
    within.close();
    const late = within.createElement('div');
    late.innerHTML = text;
    within.body?.append(late);
    for (const element of within.querySelectorAll('a,button,details,input,x')) element.click?.();
    return done;
  }));
  await new Promise((resolve) => setTimeout(resolve, 200));
  return [...ran];
}`;

const FRAMES_MAX = 100;

/** As documents of their own, and put into one that is there. */
async function running(texts: readonly string[]): Promise<readonly number[]> {
  if (page === undefined) throw new Error('there is no browser');
  const found: number[] = [];
  for (let at = 0; at < texts.length; at += FRAMES_MAX) {
    const some = await page.evaluate<number[]>(`(${IN_PAGE})(${JSON.stringify(texts.slice(at, at + FRAMES_MAX))})`);
    found.push(...some.map((index) => at + index));
  }
  return found;
}

describe.skipIf(!hasChromium)('in a browser', () => {
  it('many of the unsafe samples run as they are: the test can fail', async () => {
    expect((await running(corpus.hits.map((text) => `<div>${text}</div>`))).length).toBeGreaterThan(12);
  });

  it.each(PLACES.map((place, index) => [index, place] as const))('none of them runs behind the sink (place %d)', async (_, place) => {
    asked.length = 0;
    const texts = corpus.hits.map((text) => place(safeOf(text)));
    expect((await running(texts)).map((index) => texts[index])).toEqual([]);
    expect(asked.filter((url) => url.includes('evil.example'))).toEqual([]);
  });

  const PIECES = [
    '<', '>', '/', ' ', '"', "'", '`', '=', '\n', '\t', '\f', '\0', '&', ';', '<!--', '-->', '--!>', '<!', '<?', '<![CDATA[', ']]>', '</', '<img', '<svg', '<a', '<p', '<b',
    '<x', '<math', '<style', '<title', '<textarea', '<script', '</script>', '</style>', '</title>', '</textarea>', '<noscript>', '</noscript>', '<template>', '<iframe', '<details open',
    '<input autofocus', '<video', '<source', '<body', '<table', '<td', '<select', '<option', '<form', 'src=x', 'href=', 'onerror=alert(1)', 'onload=alert(1)', 'onfocus=alert(1)',
    'ontoggle=alert(1)', 'onclick=alert(1)', 'OnError=alert(1)', 'style=', 'title="', "alt='", 'javascript:alert(1)', 'java\tscript:alert(1)', '&#106;avascript:alert(1)',
    'javascript&colon;alert(1)', 'alert(1)', 'x', 'data:text/html,<script>alert(1)</script>', 'srcdoc="', '&lt;', '&quot;', '\u00a0', '\u2028',
  ]; // prettier-ignore

  it('no mixture of the pieces of attacks runs behind it', async () => {
    const texts = fc
      .sample(fc.array(fc.constantFrom(...PIECES), { minLength: 2, maxLength: 12 }), { numRuns: 120, seed: 7 })
      .map((pieces) => pieces.join(''));
    expect((await running(texts)).length).toBeGreaterThan(5);
    for (const place of PLACES) {
      const written = texts.map((text) => place(safeOf(text)));
      expect((await running(written)).map((index) => written[index])).toEqual([]);
    }
  }, 120_000);

  /** Inside of one tag, where readers differ over what is white space and where a value ends. */
  const INSIDE = [
    ' ', '/', '\u000b', '\u000b', '\u00a0', '\u0001', '\f', '\0', '"', '"', "'", "'", '=', 'x=', 'x="', "y='", 'x=\u000b"', 'y=\u00a0\'', 'onclick=alert(1)', ' onclick=alert(1) ', '`',
  ]; // prettier-ignore

  it('no tag runs behind it, whatever stands between its attributes', async () => {
    const texts = fc
      .sample(fc.array(fc.constantFrom(...INSIDE), { minLength: 2, maxLength: 8 }), { numRuns: 300, seed: 3 })
      .map((pieces) => `<x ${pieces.join('')} onclick=alert(1)>go</x>" onclick=alert(1)>' onclick=alert(1)>go</x>`);
    expect((await running(texts)).length).toBeGreaterThan(50);
    const written = texts.map(safeOf);
    expect((await running(written)).map((index) => written[index])).toEqual([]);
  }, 120_000);

  it('harmless samples look as they did', async () => {
    if (page === undefined) throw new Error('there is no browser');
    for (const text of corpus.benign) expect(safeOf(text)).toBe(text);
  });
});
