// What the records of a request say, read out of them.
import type { Json, JsonObject, Story, StoryFinding } from '../api/types.ts';

export const dataOf = (story: Story, kind: string): JsonObject | undefined => story.records.find((record) => record.kind === kind)?.data;

export function textIn(data: JsonObject | undefined, name: string): string | undefined {
  const value = data?.[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberIn(data: JsonObject | undefined, name: string): number | undefined {
  const value = data?.[name];
  return typeof value === 'number' ? value : undefined;
}

export const objectIn = (value: Json | undefined): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;

/** The strictest of what was decided on the way in and on the way out. */
export function verdictOf(story: Story): string {
  const opened = textIn(dataOf(story, 'request.opened'), 'verdict');
  const closed = textIn(dataOf(story, 'request.closed'), 'verdict');
  const said = [closed, opened].filter((verdict) => verdict !== undefined);
  const strictest = ['block', 'would-block', 'redact', 'would-redact'].find((verdict) => said.includes(verdict));
  if (strictest !== undefined) return strictest;
  const status = numberIn(dataOf(story, 'request.closed'), 'status');
  if (story.stage === 'under way') return 'open';
  if (story.reason !== undefined || (status !== undefined && status >= 400)) return 'error';
  return closed ?? opened ?? 'error';
}

const STRICT = ['block', 'redact'];

/** The finding that decided: the strictest action, and of those the highest score. */
export function deciderOf({ findings }: Story): StoryFinding | undefined {
  for (const action of STRICT) {
    const [first] = findings.filter((finding) => finding.action === action).toSorted((left, right) => right.score - left.score);
    if (first !== undefined) return first;
  }
  return undefined;
}
