// Second places for checkpoints over a network: a webhook, a bucket of S3's kind, a log server. What carries the bytes is handed in.
import { createHash, createHmac } from 'node:crypto';
import type { HttpSender, OutboundAnswer, OutboundRequest } from '../io/outbound/http-sender.ts';
import type { PublishCheckpoint } from './checkpoint-writer.ts';
import { parseCheckpointText, parseNote } from './note.ts';

const NOTE_TYPE = 'text/plain; charset=utf-8';

export interface WebhookPlace {
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Posts the signed note as it stands. */
export function publishToWebhook(sender: HttpSender, { path, headers }: WebhookPlace): PublishCheckpoint {
  return (note) => put(sender, { method: 'POST', path, headers: { 'content-type': NOTE_TYPE, ...headers }, body: Buffer.from(note) });
}

export interface S3Place {
  /** Host, with the port where it is not the usual one. */
  readonly host: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly nowMs: () => number;
}

/**
 * One object a checkpoint, named after the size of the tree and never written twice, so that a bucket that locks its objects keeps all
 * of them. Path-style addresses, which every storage of S3's kind knows.
 */
export function publishToS3(sender: HttpSender, place: S3Place): PublishCheckpoint {
  return (note) => {
    const checkpoint = parseCheckpointText(parseNote(note)?.text ?? '');
    if (checkpoint === undefined) throw new Error('not a checkpoint');
    const path = `/${place.bucket}/${place.prefix}${checkpoint.size.toString().padStart(16, '0')}.checkpoint`;
    const body = Buffer.from(note);
    return put(sender, { method: 'PUT', path, headers: signedHeaders(place, path, body), body });
  };
}

/** AWS Signature Version 4: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
export function signedHeaders(place: S3Place, path: string, body: Uint8Array): Readonly<Record<string, string>> {
  const { host, region, accessKeyId, secretAccessKey, nowMs } = place;
  const stamp = new Date(nowMs()).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const day = stamp.slice(0, 8);
  const digest = createHash('sha256').update(body).digest('hex');
  const signed = { 'content-type': NOTE_TYPE, host, 'x-amz-content-sha256': digest, 'x-amz-date': stamp };
  const names = Object.keys(signed).join(';');
  const head = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
  const canonical = ['PUT', path, '', head.join(''), names, digest].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', stamp, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const key = [region, 's3', 'aws4_request'].reduce((made, part) => hmac(made, part), hmac(`AWS4${secretAccessKey}`, day));
  const signature = hmac(key, text).toString('hex');
  return {
    ...signed,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Sends bytes over a connection of its own and closes it; resolves when the other side has taken leave, too. */
export type SendOnce = (bytes: Uint8Array) => Promise<void>;

export interface SyslogPlace {
  readonly hostname: string;
  readonly nowMs: () => number;
}

/** One message of RFC 5424, framed by its length (RFC 6587 section 3.4.1); the note is in base64, since it has lines of its own. */
export function publishToSyslog(send: SendOnce, { hostname, nowMs }: SyslogPlace): PublishCheckpoint {
  return (note) => {
    const time = new Date(nowMs()).toISOString();
    const host = hostname.replaceAll(/[^!-~]/g, '').slice(0, 255) || '-';
    // Facility 13 (log audit), severity 5 (notice).
    const message = Buffer.from(`<109>1 ${time} ${host} sallyport - checkpoint - ${Buffer.from(note).toString('base64')}`);
    return send(Buffer.concat([Buffer.from(`${message.length} `), message]));
  };
}

async function put(sender: HttpSender, request: OutboundRequest): Promise<void> {
  const { status }: OutboundAnswer = await sender.send(request);
  if (status < 200 || status >= 300) throw new Error(`status ${status}`);
}
