// Which rules of a page's style sheets an element obeys: tag, classes, id and attributes of it, and of what stands around it.
import { plainStyle, sheetRules, type Variables, variablesOf, withVariables } from './css-text.ts';

export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

interface Compound {
  readonly tag: string;
  readonly names: readonly string[];
  readonly attributes: readonly string[];
}

interface Rule {
  readonly target: Compound;
  readonly around: readonly Compound[];
  readonly body: string;
}

const SHEETS_MAX = 40;
const COMPOUNDS_MAX = 6;
/** What only holds while somebody points at it, or after it, says nothing about its text. */
const PASSING = /:(?!root|where|is|not|first|last|nth|only)|::/;

function sheetsOf(html: string): readonly string[] {
  const lower = html.toLowerCase();
  const sheets: string[] = [];
  for (let at = lower.indexOf('<style'); at >= 0 && sheets.length < SHEETS_MAX; at = lower.indexOf('<style', at + 6)) {
    const begin = html.indexOf('>', at) + 1;
    const end = lower.indexOf('</style', at);
    if (end < 0 || begin === 0) break;
    sheets.push(html.slice(begin, end));
    at = end;
  }
  return sheets;
}

function parseCompound(text: string): Compound {
  return {
    tag: /^[a-z][\w-]*/.exec(text)?.[0] ?? '',
    names: text.match(/[.#][\w\u0080-\uffff-]{1,80}/g) ?? [],
    attributes: Array.from(text.matchAll(/\[([\w-]{1,60})/g), ([, name = '']) => name),
  };
}

function parseSelector(selector: string, body: string): Rule | undefined {
  if (PASSING.test(selector)) return undefined;
  const parts = selector.replace(/:root/g, 'html').replace(/:[\w-]+(?:\([^)]*\))?/g, '').split(/[\s>+~]+/).filter((part) => part !== ''); // prettier-ignore
  const compounds = parts.slice(-COMPOUNDS_MAX).map(parseCompound);
  const target = compounds.at(-1);
  return target === undefined ? undefined : { target, around: compounds.slice(0, -1), body };
}

const matches = ({ tag, names, attributes }: Compound, element: Element): boolean => {
  if (tag !== '' && tag !== element.name) return false;
  const classes = element.attributes.get('class')?.toLowerCase().split(/\s+/) ?? [];
  const id = element.attributes.get('id')?.toLowerCase();
  return (
    names.every((name) => (name.startsWith('.') ? classes.includes(name.slice(1)) : name.slice(1) === id)) &&
    attributes.every((name) => element.attributes.has(name))
  );
};

/** Longest style that one element gets from all rules. */
const STYLE_UNITS_MAX = 4_000;

export class StyleSheets {
  readonly variables: Variables;
  /** By what an element must have for a rule to speak of it. */
  readonly #rules = new Map<string, Rule[]>();

  constructor(html: string) {
    const all = html.includes('<') ? sheetsOf(html).flatMap(sheetRules) : [];
    this.variables = variablesOf(all.map(({ body }) => body));
    for (const { selectors, body } of all)
      for (const selector of selectors) this.#add(parseSelector(selector, withVariables(body, this.variables)));
  }

  #add(rule: Rule | undefined): void {
    if (rule === undefined) return;
    const { names, tag, attributes } = rule.target;
    const key = names[0] ?? (attributes[0] === undefined ? tag : `[${attributes[0]}`);
    this.#rules.set(key, [...(this.#rules.get(key) ?? []), rule]);
  }

  /** What the rules say of an element, then what it says itself; in one spelling. */
  styleOf(element: Element, around: readonly Element[]): string {
    const own = element.attributes.get('style');
    const inline = own === undefined ? '' : withVariables(plainStyle(own), this.variables);
    if (this.#rules.size === 0) return inline;
    let style = '';
    for (const key of keysOf(element)) {
      for (const rule of this.#rules.get(key) ?? []) {
        if (
          style.length < STYLE_UNITS_MAX &&
          matches(rule.target, element) &&
          rule.around.every((each) => around.some((outer) => matches(each, outer)))
        )
          style += `${rule.body};`;
      }
    }
    return style + inline;
  }
}

const keysOf = ({ name, attributes }: Element): readonly string[] => [
  name,
  ...(attributes.get('class')?.toLowerCase().split(/\s+/).map((each) => `.${each}`) ?? []),
  `#${attributes.get('id')?.toLowerCase() ?? ''}`,
  ...Array.from(attributes.keys(), (each) => `[${each}`),
  '',
]; // prettier-ignore
