// What the classes of a stranger's classifier mean: told by their names, or by its operator.
import type { FindingClass } from '../../core/types.ts';

export type Meaning = 'clean' | Extract<FindingClass, 'injection' | 'jailbreak'>;

/** Names that published classifiers of prompts use, in small letters without separators. */
const KNOWN: Readonly<Record<string, Meaning>> = {
  benign: 'clean',
  safe: 'clean',
  legit: 'clean',
  legitimate: 'clean',
  clean: 'clean',
  normal: 'clean',
  harmless: 'clean',
  noinjection: 'clean',
  notinjection: 'clean',
  injection: 'injection',
  promptinjection: 'injection',
  indirectinjection: 'injection',
  malicious: 'injection',
  attack: 'injection',
  unsafe: 'injection',
  jailbreak: 'jailbreak',
};

/** The meaning of each class by its index, or the names that say nothing, or why the list is of no use. */
export function meaningsOf(
  labels: readonly string[],
  given: Readonly<Record<string, Meaning>> = {},
): readonly Meaning[] | { readonly wrong: string } {
  const stranger = Object.keys(given).find((name) => !labels.includes(name));
  if (stranger !== undefined) return { wrong: `it has no class "${stranger}", only ${labels.join(', ')}` };
  const meanings = labels.map((label) => given[label] ?? KNOWN[label.toLowerCase().replaceAll(/[^a-z]/g, '')]);
  const silent = labels.filter((_, index) => meanings[index] === undefined || isNumbered(labels[index] ?? '', given));
  if (silent.length > 0) return { wrong: `the names of its classes do not say what they mean: ${silent.join(', ')}` };
  const known = meanings.filter((meaning) => meaning !== undefined);
  if (known.every((meaning) => meaning === 'clean')) return { wrong: 'none of its classes is an attack' };
  if (known.length > 1 && !known.includes('clean')) return { wrong: 'none of its classes is innocent' };
  return known;
}

/** `LABEL_0` and its like are what exporters write where nobody named the classes. */
const isNumbered = (label: string, given: Readonly<Record<string, Meaning>>): boolean =>
  given[label] === undefined && /^(?:label|class)?_?\d+$/i.test(label);
