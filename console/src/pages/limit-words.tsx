// Limits in words.
import type { Limits } from '../api/types.ts';
import { toMoney, toShort } from '../parts/format.ts';
import { Inert } from '../parts/text.tsx';

export function LimitWords({ limits }: { readonly limits: Limits }) {
  const words = wordsOf(limits);
  if (words.length === 0) return <span className="faint">as configured</span>;
  return <Inert text={words.join(' · ')} />;
}

function wordsOf({ perMinute, concurrent, microUnits, tokens, models, tier }: Limits): readonly string[] {
  const said: readonly (readonly [number | undefined, (value: number) => string])[] = [
    [perMinute, (value) => `${toShort(value)}/min`],
    [concurrent, (value) => `${toShort(value)} at once`],
    [microUnits?.day, (value) => `${toMoney(value)} a day`],
    [microUnits?.month, (value) => `${toMoney(value)} a month`],
    [tokens?.day, (value) => `${toShort(value)} tokens a day`],
    [tokens?.month, (value) => `${toShort(value)} tokens a month`],
  ];
  return [
    ...said.flatMap(([value, spell]) => (value === undefined ? [] : [spell(value)])),
    ...(models === undefined ? [] : [`models ${models.join(', ')}`]),
    ...(tier === undefined ? [] : [`tier ${tier}`]),
  ];
}
