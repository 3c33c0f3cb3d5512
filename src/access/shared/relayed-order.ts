// One order on its way between replicas: what it says, how it is sealed, how a forged or moved one is told.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { KILL_SCOPES, REASON_UNITS_MAX } from '../kill/order.ts';

const relayedSchema = z.strictObject({
  /** The ledger of the replica where it was given, and its place in the record there. */
  id: z.string().min(1).max(160),
  origin: z.string().min(1).max(128),
  place: z.int().positive(),
  act: z.enum(['kill', 'resume']),
  scope: z.enum(KILL_SCOPES),
  subject: z.string().max(256),
  who: z.string().min(1).max(256),
  reason: z.string().min(1).max(REASON_UNITS_MAX),
  atMs: z.int().nonnegative(),
});

export type RelayedOrder = Readonly<z.infer<typeof relayedSchema>>;

const sealedSchema = z.strictObject({ order: z.string(), mac: z.string() });

/** `sequence` is the place in the database, which the MAC covers; undefined for an order that is only told. */
export function sealRelayed(order: RelayedOrder, sequence: number | undefined, key: Uint8Array): string {
  const text = JSON.stringify(order);
  return JSON.stringify({ order: text, mac: macOf(text, sequence, key).toString('hex') });
}

/** Undefined for whatever is not an authentic order at this place. */
export function parseRelayed(sealed: string, sequence: number | undefined, key: Uint8Array): RelayedOrder | undefined {
  const outer = sealedSchema.safeParse(parseJson(sealed));
  if (!outer.success) return undefined;
  const mac = Buffer.from(outer.data.mac, 'hex');
  const expected = macOf(outer.data.order, sequence, key);
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return undefined;
  const order = relayedSchema.safeParse(parseJson(outer.data.order));
  return order.success && order.data.id === `${order.data.origin}:${order.data.place}` ? order.data : undefined;
}

const macOf = (text: string, sequence: number | undefined, key: Uint8Array): Buffer =>
  createHmac('sha256', key)
    .update(`sallyport relayed order v1\n${sequence ?? 'told'}\n`)
    .update(text)
    .digest();

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
