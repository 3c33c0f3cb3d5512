// One kill order: what it says, how it is written, and how a forged one is told.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

export const KILL_SCOPES = ['everything', 'upstream', 'model', 'tenant', 'key'] as const;
export type KillScope = (typeof KILL_SCOPES)[number];

export const REASON_UNITS_MAX = 500;
const SUBJECT_UNITS_MAX = 256;

const killOrderSchema = z.strictObject({
  sequence: z.int().positive(),
  scope: z.enum(KILL_SCOPES),
  /** Empty exactly when the scope is everything. A model may end in `*`. */
  subject: z.string().max(SUBJECT_UNITS_MAX),
  who: z.string().min(1).max(SUBJECT_UNITS_MAX),
  atMs: z.int().nonnegative(),
  reason: z.string().min(1).max(REASON_UNITS_MAX),
  /** The order of another replica that this one carries out. */
  from: z.string().min(1).max(160).optional(),
});

/**
 * `kill` stops, `resume` lifts exactly what it names, `checkpoint` replaces the whole record below it by the orders that stood then,
 * so that old files can go and a damaged record can be begun anew.
 */
const recordSchema = z.discriminatedUnion('act', [
  killOrderSchema.extend({ act: z.literal('kill') }),
  killOrderSchema.extend({ act: z.literal('resume') }),
  killOrderSchema.extend({ act: z.literal('checkpoint'), standing: z.array(killOrderSchema).max(10_000) }),
]);

const sealedSchema = z.strictObject({ record: z.string(), mac: z.string() });

/** An order in force. `sequence` is its place in the record. */
export type KillOrder = Readonly<z.infer<typeof killOrderSchema>>;
export type KillRecord = Readonly<z.infer<typeof recordSchema>>;

/** Whose a checkpoint is that keeps all there was. Any other one began a new record after damage, and may lack orders. */
export const FOLDED = { who: 'sallyport', reason: 'the record was folded into one file' } as const;

export const isNewBeginning = ({ act, who, reason }: KillRecord): boolean =>
  act === 'checkpoint' && !(who === FOLDED.who && reason === FOLDED.reason);

const macOf = (record: string, key: Uint8Array): Buffer =>
  createHmac('sha256', key).update('sallyport kill order v1\n').update(record).digest();

/** The text of an order file. The MAC covers the exact bytes of the record, its sequence included, so that no file can be replayed under another name. */
export function sealRecord(record: KillRecord, key: Uint8Array): string {
  const text = JSON.stringify(record);
  return `${JSON.stringify({ record: text, mac: macOf(text, key).toString('hex') })}\n`;
}

/** Reads an order file back. Undefined for whatever is not an authentic record with this sequence. */
export function parseSealedRecord(text: string, sequence: number, key: Uint8Array): KillRecord | undefined {
  const sealed = sealedSchema.safeParse(parseJson(text));
  if (!sealed.success) return undefined;
  const mac = Buffer.from(sealed.data.mac, 'hex');
  const expected = macOf(sealed.data.record, key);
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return undefined;
  const record = recordSchema.safeParse(parseJson(sealed.data.record));
  return record.success && record.data.sequence === sequence ? record.data : undefined;
}

/** An absent value stands for unreadable text: no schema here accepts it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
