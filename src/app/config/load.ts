// Reads the configuration file: YAML to schema, with line and column of what is wrong.
import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { appFault } from '../faults.ts';
import { configSchema, type Config } from './schema.ts';

const FILE_BYTES_MAX = 1_048_576;

/** Parses the text of a configuration file. Throws `config_invalid` with every problem, each with its line. */
export function parseConfig(text: string, fileName: string): Config {
  const counter = new LineCounter();
  if (text.length > FILE_BYTES_MAX) throw appFault('config_invalid', { problems: `${fileName}: larger than ${FILE_BYTES_MAX} bytes` });
  // YAML aliases can grow a short file into a huge tree ("billion laughs"); a configuration needs none.
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, prettyErrors: false });
  const [syntax] = document.errors;
  if (syntax !== undefined)
    throw appFault('config_invalid', { problems: `${fileName}:${lineAt(counter, syntax.pos[0])} ${syntax.message}` });
  const parsed = configSchema.safeParse(toPlain(document, fileName) ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${fileName}:${lineOf(document, counter, issue)} ${describe(issue)}`);
  throw appFault('config_invalid', { problems: [...new Set(problems)].join('\n  ') });
}

/** Reads and parses. Throws `config_unreadable` and `config_invalid`. */
export function loadConfig(path: string): Config {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw appFault('config_unreadable', { path }, { cause });
  }
  return parseConfig(text, path);
}

function toPlain(document: Document, fileName: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 }) as unknown;
  } catch (cause) {
    throw appFault('config_invalid', { problems: `${fileName}: aliases (*name) are not read` }, { cause });
  }
}

const lineAt = (counter: LineCounter, offset: number): string => {
  const { line, col } = counter.linePos(offset);
  return `${line}:${col}`;
};

/** Place of the nearest node that exists on the way to the problem. */
function lineOf(document: Document, counter: LineCounter, issue: z.core.$ZodIssue): string {
  const path: PropertyKey[] = [...issue.path];
  if (issue.code === 'unrecognized_keys') path.push(...issue.keys.slice(0, 1));
  for (; path.length > 0; path.pop()) {
    const node: unknown = document.getIn(path, true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
      return lineAt(counter, Number(node.range[0]));
  }
  return '1:1';
}

function describe(issue: z.core.$ZodIssue): string {
  const at = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') return `${at === '' ? '' : `${at}: `}no such setting: ${issue.keys.join(', ')}`;
  return at === '' ? issue.message : `${at}: ${issue.message}`;
}
