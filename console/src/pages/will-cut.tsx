// What an order will cut: who used the subject in the last minutes.
import { useState } from 'react';
import { useFacets } from '../api/queries.ts';
import type { KillScope } from '../api/types.ts';
import { toCount } from '../parts/format.ts';
import { toPlain } from '../parts/unseen.ts';

const LOOK_BACK_MS = 15 * 60_000;

export function WillCut({ scope, subject }: { readonly scope: KillScope; readonly subject: string }) {
  const [from] = useState(() => Date.now() - LOOK_BACK_MS);
  const facets = useFacets({ from, ...(scope === 'everything' ? {} : { [scope]: subject }) }, ['cut', scope, subject, from]);
  if (facets.data === undefined) {
    return facets.error === null ? null : <p className="soft">Who used it lately could not be read. The order works all the same.</p>;
  }
  const { tenants = [], models = [], verdicts = [] } = facets.data;
  const requests = verdicts.reduce((sum, { count }) => sum + count, 0);
  const underWay = verdicts.find(({ value }) => value === 'open')?.count ?? 0;
  if (requests === 0) return <p className="will-cut">Nobody used it in the last 15 minutes.</p>;
  return (
    <div className="will-cut">
      <p>
        In the last 15 minutes: <strong className="num">{toCount(requests)}</strong> requests
        {underWay > 0 && (
          <>
            , <strong className="num">{toCount(underWay)}</strong> of them under way
          </>
        )}
        .
      </p>
      <p className="soft">
        {named('Tenants', tenants)} {named('Models', models)}
      </p>
    </div>
  );
}

function named(what: string, values: readonly { readonly value: string; readonly count: number }[]): string {
  if (values.length === 0) return '';
  const first = values.slice(0, 4).map(({ value }) => toPlain(value));
  return `${what}: ${first.join(', ')}${values.length > 4 ? ` and ${values.length - 4} more` : ''}.`;
}
