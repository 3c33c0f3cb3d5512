// A rule of a policy as a sentence.
import type { PolicyRule } from '../api/types.ts';
import { Inert } from '../parts/text.tsx';

const list = (value: string | readonly string[]): string => (typeof value === 'string' ? value : value.join(', '));

const DOES: Readonly<Record<string, string>> = { allow: 'let pass', record: 'only record', redact: 'mask', block: 'block' };
const TONE: Readonly<Record<string, string>> = { allow: 'allow', record: 'none', redact: 'redact', block: 'block' };

export function RuleWords({ rule }: { readonly rule: PolicyRule }) {
  const what = [rule.class, rule.type].flatMap((value) => (value === undefined ? [] : [list(value)])).join(' of type ');
  return (
    <span className="rule-words">
      <span className="tone-word" data-tone={TONE[rule.do] ?? 'none'}>
        {DOES[rule.do] ?? rule.do}
      </span>{' '}
      <strong>
        <Inert text={what === '' ? 'everything' : what} />
      </strong>
      {rule.family !== undefined && <> by {rule.family.replaceAll('_', ' ')}</>}
      {rule.rule !== undefined && (
        <>
          {' '}
          found by <Inert text={rule.rule} mono />
        </>
      )}
      {rule.origin !== undefined && <> from {list(rule.origin)}</>}
      {rule.at !== undefined && <>, {rule.at} or worse</>}
      {rule.on === 'input' ? ' on its way in' : ' on its way out'}
      {rule.unless !== undefined && ', unless the caller sent it'}
    </span>
  );
}
