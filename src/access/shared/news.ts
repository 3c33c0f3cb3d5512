// Messages between replicas. They make things quicker and decide nothing: who misses one finds out by looking.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

const name = z.string().min(1).max(256);

const newsSchema = z.discriminatedUnion('about', [
  /** Keys, tenants or accepted findings changed. */
  z.strictObject({ about: z.literal('keys') }),
  /** Somebody is short of this budget. */
  z.strictObject({ about: z.literal('short'), subject: name, period: name }),
  /** An upstream failed too often, or is well again. */
  z.strictObject({ about: z.literal('rest'), upstream: name, failures: z.int().positive(), restMs: z.number().min(0).max(3_600_000) }),
  z.strictObject({ about: z.literal('well'), upstream: name }),
  /** A key failed that came from this network. */
  z.strictObject({ about: z.literal('guess'), net: z.string().min(1).max(64) }),
  /** An order to stop, on its way into the database: whoever hears it stops at once. */
  z.strictObject({ about: z.literal('kill'), order: z.string().max(8_192) }),
]);

export type News = z.infer<typeof newsSchema>;

const MAC_UNITS = 32;

/** `from` names the sender, which does not listen to itself. */
export function sealNews(news: News, from: string, key: Uint8Array): string {
  const text = `${from} ${JSON.stringify(news)}`;
  return `${macOf(text, key)} ${text}`;
}

/** Undefined for whatever is not from a replica of this installation, or from `self`. */
export function parseNews(message: string, self: string, key: Uint8Array): News | undefined {
  const text = message.slice(MAC_UNITS + 1);
  const mac = Buffer.from(message.slice(0, MAC_UNITS));
  const expected = Buffer.from(macOf(text, key));
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return undefined;
  const space = text.indexOf(' ');
  if (text.slice(0, space) === self) return undefined;
  const parsed = newsSchema.safeParse(JSON.parse(text.slice(space + 1)));
  return parsed.success ? parsed.data : undefined;
}

const macOf = (text: string, key: Uint8Array): string =>
  createHmac('sha256', key).update('sallyport news v1\n').update(text).digest('hex').slice(0, MAC_UNITS);
