// The rules of every sink that a route can name.
import type { Sink, SpanDetector } from '../detector.ts';
import { codeCalls, codeMarks } from './code.ts';
import { htmlRule } from './html.ts';
import { markdownAttributes, markdownLinks } from './markdown.ts';
import { shellWords } from './shell.ts';
import { spreadsheetFormulas } from './spreadsheet.ts';
import { sqlDestroying } from './sql-destroying.ts';
import { sqlComments, sqlReadingOn, sqlStacked, sqlTautology } from './sql.ts';
import { terminalControls } from './terminal.ts';
import { urlBreaks, urlSchemes } from './url.ts';
import { urlHosts, urlSlashes } from './url-host.ts';

const RULES: Readonly<Record<Sink, readonly SpanDetector[]>> = {
  html: [htmlRule('html', 'html-tags')],
  markdown: [htmlRule('markdown', 'markdown-html'), markdownLinks, markdownAttributes],
  sql: [sqlStacked, sqlDestroying, sqlTautology, sqlReadingOn, sqlComments],
  shell: [shellWords],
  url: [urlSchemes, urlHosts, urlSlashes, urlBreaks],
  code: [codeCalls, codeMarks],
  spreadsheet: [spreadsheetFormulas],
  terminal: [terminalControls],
};

/** For a scanner: each applies only where its sink is named. */
export const SINK_DETECTORS: readonly SpanDetector[] = Object.values(RULES).flat();
