// Style sheets as text: comments, escapes and variables are resolved, blocks taken apart. No text makes it look twice.

export interface SheetRule {
  readonly selectors: readonly string[];
  /** Declarations in one spelling: small letters, no blanks. */
  readonly body: string;
}

const SHEET_UNITS_MAX = 200_000;
const RULES_MAX = 4_000;
const VARIABLE_DEPTH_MAX = 4;

/** Without comments, and with escapes as what they stand for (CSS Syntax 4.3.7). */
const unescaped = (css: string): string =>
  css
    .replace(/\/\*[^]*?\*\//g, '')
    .replace(/\\([\da-f]{1,6})\s?/gi, (_, hex: string) => {
      const code = Number.parseInt(hex, 16);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
    })
    .replace(/\\([^\r\n])/g, '$1');

/** Declarations in one spelling: small letters, no blanks, no comments. */
export const plainStyle = (style: string): string => unescaped(style).toLowerCase().replace(/\s+/g, ' ').replace(/ ?([:;,()]) ?/g, '$1').replace(/!important/g, '').trim(); // prettier-ignore

/** The rules of a sheet for screens, those inside `@media`, `@supports` and layers among them; rules for paper are left out. */
export function sheetRules(sheet: string): readonly SheetRule[] {
  const css = unescaped(sheet.slice(0, SHEET_UNITS_MAX));
  const rules: SheetRule[] = [];
  const open: string[] = [];
  let from = 0;
  for (let at = 0; at < css.length && rules.length < RULES_MAX; at += 1) {
    const unit = css[at];
    if (unit === '{') open.push(css.slice(from, at).trim());
    else if (unit === '}') addRule(rules, open, css.slice(from, at));
    else if (unit !== ';' || open.at(-1)?.startsWith('@') === false) continue;
    from = at + 1;
  }
  return rules;
}

function addRule(rules: SheetRule[], open: string[], body: string): void {
  const selector = open.pop() ?? '';
  if (selector === '' || selector.startsWith('@') || open.some((outer) => /^@(?:media[^]*\bprint\b|keyframes|font-face)/i.test(outer)))
    return;
  rules.push({ selectors: selector.split(',').map((each) => each.trim().toLowerCase()), body: plainStyle(body) });
}

export type Variables = ReadonlyMap<string, string>;

/** Custom properties of all rules; the last wins. */
export function variablesOf(bodies: Iterable<string>): Variables {
  const variables = new Map<string, string>();
  for (const body of bodies)
    for (const [, name = '', value = ''] of body.matchAll(/(--[\w-]{1,60}):([^;]{0,200})/g)) variables.set(name, value.trim());
  return variables;
}

/** A style with its variables replaced. */
export function withVariables(style: string, variables: Variables): string {
  let resolved = style;
  for (let depth = 0; depth < VARIABLE_DEPTH_MAX && resolved.includes('var('); depth += 1)
    resolved = resolved.replace(/var\((--[\w-]{1,60})(?:,([^()]{0,100}))?\)/g, (_, name: string, spare?: string) => variables.get(name) ?? spare ?? '').slice(0, 4_000); // prettier-ignore
  return resolved;
}
