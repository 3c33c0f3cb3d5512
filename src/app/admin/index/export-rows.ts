// The filtered set as a file: CSV for a spreadsheet, JSON lines, or the events that a SIEM gets.
import type { FilePort } from '../../../io/files/file-port.ts';
import type { LedgerRecord } from '../../../ledger/record.ts';
import { toLine, type OcsfContext } from '../../../watch/ocsf/event.ts';
import { OpenRequests } from '../../../watch/ocsf/open-requests.ts';
import { toOcsf } from '../../../watch/ocsf/to-ocsf.ts';
import type { RequestFilter } from '../../../watch/request-index/filter.ts';
import { LedgerTail } from '../../../watch/request-index/ledger-tail.ts';
import type { RequestIndex } from '../../../watch/request-index/all-requests.ts';
import type { RequestRow } from '../../../watch/request-index/row.ts';
import { csvLine } from './csv.ts';
import type { ExportFormat } from './messages.ts';

const PAGE = 1_000;

export interface ExportTools {
  readonly index: RequestIndex;
  readonly files: FilePort;
  readonly ledgerFolder: string;
  /** As the event file has it, so that the same record gets the same id. */
  readonly context: Omit<OcsfContext, 'opened'>;
}

const COLUMNS = [
  'id',
  'at',
  'tenant',
  'keyId',
  'model',
  'upstream',
  'format',
  'streamed',
  'status',
  'verdict',
  'because',
  'findings',
  'topRule',
  'severity',
  'classes',
  'inputTokens',
  'outputTokens',
  'microUnits',
  'ms',
  'firstByteMs',
  'opened',
  'closed',
] as const;

/** Pieces of the file, oldest request first. */
export async function* exportRows(
  tools: ExportTools,
  { filter, format }: { readonly filter: RequestFilter; readonly format: ExportFormat },
): AsyncGenerator<string, void, undefined> {
  if (format === 'ocsf') return yield* exportEvents(tools, filter);
  if (format === 'csv') yield csvLine(COLUMNS);
  for (const rows of pagesOf(tools.index, filter)) yield rows.map(format === 'csv' ? csvRow : jsonRow).join('');
}

function* pagesOf(index: RequestIndex, filter: RequestFilter): Generator<readonly RequestRow[], void, undefined> {
  let cursor: number | undefined;
  for (;;) {
    const { items, nextCursor } = index.page({ filter, limit: PAGE, cursor, order: 'asc' });
    if (items.length > 0) yield items;
    if (nextCursor === null) return;
    cursor = nextCursor;
  }
}

const jsonRow = (row: RequestRow): string => `${JSON.stringify(row)}\n`;

const csvRow = (row: RequestRow): string =>
  csvLine(
    COLUMNS.map((name) => {
      const value = row[name];
      if (name === 'at') return new Date(row.at).toISOString();
      if (name === 'classes') return row.classes.join(' ');
      return value === null || value === undefined ? '' : String(value);
    }),
  );

/** The records of each request again, as the event file tells them: under the same ids. */
async function* exportEvents(tools: ExportTools, filter: RequestFilter): AsyncGenerator<string, void, undefined> {
  const requests = new OpenRequests();
  const context: OcsfContext = { ...tools.context, opened: (record) => requests.find(record) };
  for (const rows of pagesOf(tools.index, filter)) {
    const wanted = new Set(rows.map(({ id }) => id));
    const from = rows.reduce((least, { opened, closed }) => Math.min(least, opened ?? closed ?? Infinity), Infinity);
    const to = (rows.at(-1)?.closed ?? from) + 1;
    yield* linesBetween(tools, { from, to }, (record) => {
      requests.learn(record);
      const id = record.event.requestId ?? requests.find(record).requestId;
      return wanted.has(id) ? toOcsf(record, context).map(toLine).join('') : '';
    });
    requests.settle();
  }
}

interface Between {
  readonly from: number;
  readonly to: number;
}

async function* linesBetween(
  { files, ledgerFolder }: ExportTools,
  { from, to }: Between,
  tell: (record: LedgerRecord) => string,
): AsyncGenerator<string, void, undefined> {
  const tail = new LedgerTail(files, ledgerFolder, { index: from, segment: -1, offset: 0 });
  try {
    for await (const records of tail.read(to)) {
      const text = records.map(tell).join('');
      if (text !== '') yield text;
    }
  } finally {
    await tail.close();
  }
}
