// Requests: lists that are narrowed, counted and charted, files of them, and what happens while one looks.
import { z } from 'zod';
import { filterSchema, type RequestFilter } from '../../../watch/request-index/filter.ts';
import { BUCKETS_MAX } from '../../../watch/request-index/series.ts';
import { appFault } from '../../faults.ts';
import { requestFacets, requestPage, requestSeries } from '../answers.ts';
import { asking, READERS, type AdminDeps, type ApiCall, type ApiRoute, type StreamAnswer } from '../api-route.ts';
import { EXPORT_FORMATS, type ExportFormat } from '../index/messages.ts';
import { liveStream } from '../index/live-stream.ts';

const DAY_MS = 86_400_000;
/** What bars of a chart may stand for. */
const BUCKETS_MS = [1_000, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000, 10_800_000, 43_200_000, DAY_MS, 7 * DAY_MS];
const BARS = 120;

const listSchema = filterSchema.extend({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .regex(/^\d{1,16}$/, 'not one that this list gave')
    .optional()
    .describe('`nextCursor` of the page before.'),
  order: z.enum(['desc', 'asc']).default('desc').describe('By the end of the request.'),
});

const seriesSchema = filterSchema.extend({
  bucketMs: z.coerce
    .number()
    .int()
    .min(1_000)
    .max(31 * DAY_MS)
    .optional()
    .describe('Width of a bar; default: about 120 bars.'),
});

const exportSchema = filterSchema.extend({ format: z.enum(EXPORT_FORMATS).default('csv') });

export const REQUEST_ROUTES: readonly ApiRoute[] = [
  asking(
    {
      method: 'GET',
      path: '/api/requests',
      roles: READERS,
      reach: 'tenant',
      about: 'Requests, newest end first, those under way before them. `behind` counts durable records that the index has not read yet.',
      query: listSchema,
      answer: requestPage,
    },
    async ({ index }, call, { limit, cursor, order, ...filter }) => {
      const ask = {
        op: 'page',
        filter: within(filter, call),
        limit,
        cursor: cursor === undefined ? undefined : Number(cursor),
        order,
      } as const;
      const { answer, indexedUpTo, behind } = await index.ask<'page'>(ask);
      const { items, nextCursor } = answer;
      return { body: { items, nextCursor: nextCursor === null ? null : String(nextCursor), indexedUpTo, behind } };
    },
  ),
  asking(
    {
      method: 'GET',
      path: '/api/requests/facets',
      roles: READERS,
      reach: 'tenant',
      about: 'How many requests pass the filters, by tenant, model, upstream, verdict, rule and class: the twenty most frequent of each.',
      query: filterSchema,
      answer: requestFacets,
    },
    async ({ index }, call, filter) => {
      const { answer, indexedUpTo, behind } = await index.ask<'facets'>({ op: 'facets', filter: within(filter, call) });
      return { body: { ...answer, indexedUpTo, behind } };
    },
  ),
  asking(
    {
      method: 'GET',
      path: '/api/requests/series',
      roles: READERS,
      reach: 'tenant',
      about: 'The course over time of what passes the filters; default: the last 24 hours. Percentiles are within four per cent.',
      query: seriesSchema,
      answer: requestSeries,
    },
    async ({ index, clock }, call, { bucketMs, ...filter }) => {
      const { from: fromMs, to: toMs, ...rest } = { ...within(filter, call), ...spanOf(filter, clock.nowMs()) };
      const width = bucketMs ?? BUCKETS_MS.find((ms) => (toMs - fromMs) / ms <= BARS) ?? 31 * DAY_MS;
      if ((toMs - fromMs) / width > BUCKETS_MAX)
        throw appFault('bad_argument', { what: `More than ${BUCKETS_MAX} bars.`, fix: 'Choose a larger bucketMs, or a shorter time.' });
      const begin = Math.floor(fromMs / width) * width;
      const span = { fromMs: begin, toMs, bucketMs: width };
      const { answer, indexedUpTo, behind } = await index.ask<'series'>({ op: 'series', filter: rest, span });
      return { body: { bucketMs: width, buckets: answer, indexedUpTo, behind } };
    },
  ),
  asking(
    {
      method: 'GET',
      path: '/api/requests/export',
      roles: READERS,
      reach: 'tenant',
      about:
        'What passes the filters as a file: CSV whose cells no spreadsheet computes, JSON lines, or OCSF events as the event file has them.',
      query: exportSchema,
      stream: ['text/csv', 'application/x-ndjson'],
    },
    async (deps, call, { format, ...filter }) => exportOf(deps, within(filter, call), format),
  ),
  asking(
    {
      method: 'GET',
      path: '/api/live',
      roles: READERS,
      reach: 'tenant',
      about:
        'Server-sent events: `request` when one has ended (its id resumes with Last-Event-ID), `control` for what operators do, `lag` with the number of requests that were left out.',
      query: filterSchema,
      stream: ['text/event-stream'],
    },
    async (deps, call, filter) => liveStream(deps, call, within(filter, call)),
  ),
];

/** Whoever may see one tenant sees no other, whatever the filter says. */
const within = ({ tenant: _named, ...filter }: RequestFilter, { tenant }: ApiCall): RequestFilter =>
  tenant === undefined ? filter : { ...filter, tenant };

function spanOf({ from, to }: RequestFilter, nowMs: number): { readonly from: number; readonly to: number } {
  const end = to ?? nowMs + 1;
  const begin = from ?? end - DAY_MS;
  if (begin >= end) throw appFault('bad_argument', { what: 'from is not before to.', fix: 'Leave one of them out.' });
  return { from: begin, to: end };
}

const FILE_TYPES: Readonly<Record<ExportFormat, readonly [type: string, name: string]>> = {
  csv: ['text/csv; charset=utf-8; header=present', 'requests.csv'],
  json: ['application/x-ndjson', 'requests.jsonl'],
  ocsf: ['application/x-ndjson', 'requests.ocsf.jsonl'],
};

/** Few files can be made at once: whoever takes nothing for so long makes room. */
const STALL_MS = 30_000;

async function exportOf({ index, every }: AdminDeps, filter: RequestFilter, format: ExportFormat): Promise<StreamAnswer> {
  const { answer } = await index.ask<'export'>({ op: 'export', filter, format });
  const { exportId } = answer;
  const [type, name] = FILE_TYPES[format];
  return {
    headers: { 'content-type': type, 'content-disposition': `attachment; filename="${name}"` },
    async pump(outgoing) {
      try {
        for (;;) {
          const { answer: piece } = await index.ask<'exportNext'>({ op: 'exportNext', exportId });
          if (piece === null || outgoing.isGone) return;
          if (outgoing.write(piece)) continue;
          const stop = every(STALL_MS, () => outgoing.destroy());
          await outgoing.drained();
          stop();
        }
      } finally {
        await index.ask<'exportEnd'>({ op: 'exportEnd', exportId });
      }
    },
  };
}
