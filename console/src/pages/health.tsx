// How the gateway is doing: its rooms, and its numbers over time.
import { useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { spanOf, toQuery } from '../api/filters.ts';
import { useHealth, useSeries } from '../api/queries.ts';
import type { Bucket, Health, Room } from '../api/types.ts';
import { toDuration, toMoney, toShort } from '../parts/format.ts';
import { Figure, PageHead, Panel } from '../parts/page.tsx';
import { Answer } from '../parts/states.tsx';
import { Ago, Inert } from '../parts/text.tsx';
import { Chart, type Line } from './chart.tsx';

export function HealthPage() {
  const health = useHealth();
  return (
    <div className="page">
      <PageHead title="Health" />
      <Answer of={health} what="The state of the gateway could not be read">
        {(data) => (
          <>
            <Figures health={data} />
            <Rooms rooms={data.rooms} />
          </>
        )}
      </Answer>
      <Charts />
    </div>
  );
}

const Figures = ({ health: { memoryMb, uptimeS, eventLoopP99Ms, inFlight, capacity, refusals } }: { readonly health: Health }) => (
  <dl className="figures">
    <Figure name="Requests under way" value={toShort(inFlight)} note={`of ${toShort(capacity)}`} />
    <Figure name="Memory" value={`${Math.round(memoryMb)} MB`} />
    <Figure
      name="Event loop, p99"
      value={eventLoopP99Ms === null ? '–' : toDuration(eventLoopP99Ms)}
      note={eventLoopP99Ms === null ? 'measured from now on' : undefined}
    />
    <Figure
      name="Refusals since the start"
      value={toShort(refusals.recorded + refusals.counted)}
      note={refusals.counted === 0 ? 'each on record' : `${toShort(refusals.counted)} of them on record as a number`}
    />
    <Figure name="Up for" value={toDuration(uptimeS * 1_000)} />
  </dl>
);

const TONES = { ok: 'allow', degraded: 'redact', down: 'block' } as const;
const WORDS = { ok: 'fine', degraded: 'not as it should be', down: 'down' } as const;

const Rooms = ({ rooms }: { readonly rooms: readonly Room[] }) => (
  <ul className="rooms">
    {rooms.map(({ name, state, detail, since }) => (
      <li key={name} data-tone={TONES[state]}>
        <strong>
          <Inert text={name} />
        </strong>
        <span className="tone" data-tone={TONES[state]}>
          {WORDS[state]}
        </span>
        {typeof detail === 'string' && detail !== '' && (
          <p className="soft">
            <Inert text={detail} />
          </p>
        )}
        {typeof since === 'number' && state !== 'ok' && (
          <p className="soft">
            since <Ago at={since} />
          </p>
        )}
      </li>
    ))}
  </ul>
);

const POINTS = 120;

function Charts() {
  const scope = useSearch({ from: '__root__' });
  const { from, to } = spanOf(scope, Date.now());
  const bucketMs = Math.max(1_000, Math.ceil((to - from) / POINTS / 1_000) * 1_000);
  const series = useSeries({ query: () => ({ ...toQuery(scope, Date.now()), bucketMs }), key: ['health', scope, bucketMs] });
  return (
    <Answer of={series} what="The numbers over time could not be read">
      {({ buckets }) => <Drawn buckets={buckets} bucketMs={bucketMs} />}
    </Answer>
  );
}

interface Drawing {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly spell: (value: number) => string;
}

function Drawn({ buckets, bucketMs }: { readonly buckets: readonly Bucket[]; readonly bucketMs: number }) {
  const times = useMemo(() => buckets.map(({ at }) => at / 1_000), [buckets]);
  const drawings = useMemo(() => drawingsOf(buckets, bucketMs), [buckets, bucketMs]);
  return (
    <div className="charts">
      {drawings.map(({ title, lines, spell }) => (
        <Panel key={title} title={title}>
          <Chart title={title} times={times} lines={lines} spell={spell} />
        </Panel>
      ))}
    </div>
  );
}

function drawingsOf(buckets: readonly Bucket[], bucketMs: number): readonly Drawing[] {
  const perMinute = (count: number): number => (count * 60_000) / bucketMs;
  const values = (read: (bucket: Bucket) => number | null): readonly (number | null)[] => buckets.map(read);
  return [
    {
      title: 'Requests a minute',
      spell: toShort,
      lines: [
        { name: 'all', tone: 'accent', values: values(({ total }) => perMinute(total)), filled: true },
        { name: 'blocked', tone: 'block', values: values(({ blocked }) => perMinute(blocked)) },
        { name: 'masked', tone: 'redact', values: values(({ redacted }) => perMinute(redacted)) },
        { name: 'errors', tone: 'error', values: values(({ errors }) => perMinute(errors)) },
      ],
    },
    {
      title: 'Time to the last byte',
      spell: toDuration,
      lines: [
        { name: 'half of them', tone: 'accent', values: values(({ p50Ms }) => p50Ms) },
        { name: '99 of 100', tone: 'redact', values: values(({ p99Ms }) => p99Ms) },
      ],
    },
    {
      title: 'Tokens a minute',
      spell: toShort,
      lines: [
        { name: 'in', tone: 'accent', values: values(({ inputTokens }) => perMinute(inputTokens)) },
        { name: 'out', tone: 'allow', values: values(({ outputTokens }) => perMinute(outputTokens)) },
      ],
    },
    {
      title: 'Cost an hour',
      spell: toMoney,
      lines: [{ name: 'cost', tone: 'accent', values: values(({ microUnits }) => perMinute(microUnits) * 60), filled: true }],
    },
  ];
}
