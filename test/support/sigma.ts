// Enough of Sigma to try our own rules: selections, modifiers, conditions, correlations. https://sigmahq.io/sigma-specification/
import { z } from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const selection = z.record(z.string(), z.union([scalar, z.array(scalar)]));

const head = {
  title: z.string().min(1).max(256),
  id: z.uuidv4(),
  name: z.string().regex(/^[a-z0-9_]+$/),
  status: z.enum(['stable', 'test', 'experimental']),
  description: z.string().min(20),
  author: z.string(),
  date: z.iso.date(),
  level: z.enum(['informational', 'low', 'medium', 'high', 'critical']),
};

export const ruleSchema = z.strictObject({
  ...head,
  references: z.array(z.url()),
  tags: z.array(z.string().regex(/^[a-z0-9_-]+\.[a-z0-9._-]+$/)).min(1),
  logsource: z.strictObject({ product: z.literal('sallyport'), service: z.literal('ocsf') }),
  detection: z.looseObject({ condition: z.string() }).catchall(z.union([selection, z.string()])),
  falsepositives: z.array(z.string()).min(1),
});

export const correlationSchema = z.strictObject({
  ...head,
  correlation: z.strictObject({
    type: z.enum(['event_count', 'value_count']),
    rules: z.array(z.string()).min(1),
    'group-by': z.array(z.string()).min(1),
    timespan: z.string().regex(/^\d+[smhd]$/),
    condition: z.strictObject({ gte: z.int().positive(), field: z.string().optional() }),
  }),
});

export type Rule = z.output<typeof ruleSchema>;
export type Correlation = z.output<typeof correlationSchema>;
export type OcsfEvent = Readonly<Record<string, unknown>>;

/** All values at a path; a list on the way means each of its entries. */
export function valuesAt(event: unknown, path: readonly string[]): readonly unknown[] {
  if (Array.isArray(event)) return event.flatMap((one) => valuesAt(one, path));
  const [key, ...rest] = path;
  if (key === undefined) return event === undefined ? [] : [event];
  if (typeof event !== 'object' || event === null) return [];
  return valuesAt((event as Record<string, unknown>)[key], rest);
}

const TESTS: Readonly<Record<string, (found: unknown, wanted: string | number | boolean) => boolean>> = {
  '': (found, wanted) => (typeof wanted === 'string' ? String(found).toLowerCase() === wanted.toLowerCase() : found === wanted),
  contains: (found, wanted) => String(found).toLowerCase().includes(String(wanted).toLowerCase()),
  startswith: (found, wanted) => String(found).toLowerCase().startsWith(String(wanted).toLowerCase()),
  gte: (found, wanted) => typeof found === 'number' && found >= Number(wanted),
};

function selects(event: OcsfEvent, wanted: z.output<typeof selection>): boolean {
  return Object.entries(wanted).every(([field, values]) => {
    const [path = '', modifier = ''] = field.split('|');
    const test = TESTS[modifier];
    if (test === undefined) throw new Error(`no modifier ${modifier}`);
    const found = valuesAt(event, path.split('.'));
    return (Array.isArray(values) ? values : [values]).some((value) => found.some((one) => test(one, value)));
  });
}

/** Throws on a condition that names what is not there. */
export function matches({ detection }: Rule, event: OcsfEvent): boolean {
  const { condition, ...selections } = detection;
  const isSelected = (name: string): boolean => {
    const wanted = selections[name];
    if (wanted === undefined || typeof wanted === 'string') throw new Error(`no selection ${name}`);
    return selects(event, wanted);
  };
  const tokens = condition.match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;
  const atom = (): boolean => {
    const token = tokens[at++] ?? '';
    if (token === '(') {
      const inner = either();
      if (tokens[at++] !== ')') throw new Error('a bracket is open');
      return inner;
    }
    if (token === 'not') return !atom();
    if (token === '1' && tokens[at] === 'of') {
      const glob = tokens[at + 1] ?? '';
      at += 2;
      const names = Object.keys(selections).filter((name) => name.startsWith(glob.replace('*', '')));
      if (names.length === 0) throw new Error(`nothing is called ${glob}`);
      return names.map(isSelected).some(Boolean);
    }
    return isSelected(token);
  };
  const both = (): boolean => {
    let result = atom();
    while (tokens[at] === 'and') {
      at += 1;
      const next = atom();
      result &&= next;
    }
    return result;
  };
  const either = (): boolean => {
    let result = both();
    while (tokens[at] === 'or') {
      at += 1;
      const next = both();
      result ||= next;
    }
    return result;
  };
  const result = either();
  if (at < tokens.length) throw new Error(`what is ${tokens[at]}?`);
  return result;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** The groups for which a correlation fires, over events in the order of their times. */
export function correlates(
  { correlation }: Correlation,
  rules: ReadonlyMap<string, Rule>,
  events: readonly OcsfEvent[],
): readonly string[] {
  const { type, rules: names, timespan, condition } = correlation;
  const spanMs = Number(timespan.slice(0, -1)) * (SECONDS[timespan.slice(-1)] ?? 0) * 1_000;
  const own = names.map((name) => {
    const rule = rules.get(name);
    if (rule === undefined) throw new Error(`no rule ${name}`);
    return rule;
  });
  const groups = new Map<string, { readonly atMs: number; readonly values: readonly unknown[] }[]>();
  const fired = new Set<string>();
  for (const event of events.filter((one) => own.some((rule) => matches(rule, one)))) {
    const group = correlation['group-by'].map((path) => String(valuesAt(event, path.split('.'))[0])).join('|');
    const atMs = Number(event['time']);
    const recent = (groups.get(group) ?? []).filter((one) => one.atMs > atMs - spanMs);
    recent.push({ atMs, values: condition.field === undefined ? [] : valuesAt(event, condition.field.split('.')) });
    groups.set(group, recent);
    const count = type === 'event_count' ? recent.length : new Set(recent.flatMap(({ values }) => values)).size;
    if (count >= condition.gte) fired.add(group);
  }
  return [...fired];
}
