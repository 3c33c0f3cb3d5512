// Who, what, where to, how much: each fact leads to the requests that share it.
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { TextFilter } from '../api/filters.ts';
import type { Story } from '../api/types.ts';
import { toCount, toDuration, toFullTime, toMoney } from '../parts/format.ts';
import { Facts } from '../parts/page.tsx';
import { Inert } from '../parts/text.tsx';
import { dataOf, numberIn, objectIn, textIn } from './story.ts';

export function RequestFacts({ story }: { readonly story: Story }) {
  const opened = dataOf(story, 'request.opened');
  const closed = dataOf(story, 'request.closed');
  const usage = objectIn(closed?.['usage']);
  const cost = numberIn(objectIn(closed?.['reservation']), 'microUnits');
  const rows: readonly (readonly [string, ReactNode])[] = [
    ['Began', story.records[0] === undefined ? undefined : toFullTime(story.records[0].atMs)],
    ['Took', optional(numberIn(closed, 'durationMs'), toDuration)],
    ['Status', optional(numberIn(closed, 'status') ?? numberIn(story.records.at(-1)?.data, 'status'), String)],
    ['Tenant', ofTenant(story.tenant)],
    ['Model', filtered('model', textIn(opened, 'model'))],
    ['Upstream', filtered('upstream', textIn(opened, 'upstream'))],
    ['Trust', textIn(opened, 'trust')],
    ['Format', textIn(opened, 'format')],
    ['Caller', mono(textIn(opened, 'principal'))],
    ['Policy', textIn(opened, 'policy')],
    ['Revision', mono(textIn(opened, 'revision'))],
    ['Tokens in', optional(numberIn(usage, 'inputTokens'), toCount)],
    ['Tokens out', optional(numberIn(usage, 'outputTokens'), toCount)],
    ['Cost', optional(cost, toMoney)],
  ];
  return (
    <>
      <Facts rows={rows.filter(([, value]) => value !== undefined)} />
      <p className="soft note">
        The text is not kept, here or anywhere. What was found stands by its place, so that whoever has the text can see it.
      </p>
    </>
  );
}

const optional = (value: number | undefined, spell: (value: number) => string): ReactNode =>
  value === undefined ? undefined : <span className="num">{spell(value)}</span>;

const mono = (text: string | undefined): ReactNode => (text === undefined ? undefined : <Inert text={text} mono />);

const filtered = (name: TextFilter, text: string | undefined): ReactNode =>
  text === undefined ? undefined : (
    <Link to="/requests" search={{ [name]: text }}>
      <Inert text={text} />
    </Link>
  );

const ofTenant = (tenant: string | undefined): ReactNode =>
  tenant === undefined ? undefined : (
    <Link to="/requests" search={{ tenant }}>
      <Inert text={tenant} />
    </Link>
  );
