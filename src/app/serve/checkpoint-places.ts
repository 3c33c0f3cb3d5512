// Second places for checkpoints, as the configuration names them. Loaded only where there are any.
import { hostname } from 'node:os';
import { outboundUrl } from '../../io/outbound/guard.ts';
import { createHttpSender } from '../../io/outbound/http-sender.ts';
import { connectStream } from '../../io/outbound/stream-socket.ts';
import type { PublishCheckpoint } from '../../ledger/checkpoint-writer.ts';
import { publishToS3, publishToSyslog, publishToWebhook } from '../../ledger/publish-elsewhere.ts';
import { assertOutboundPlace, assertOutboundUrl } from '../config/outbound.ts';
import type { CheckpointPlace } from '../config/checkpoint-places-schema.ts';

export interface PlaceTools {
  /** Resolves `env:NAME` and `file:/path`. */
  readonly read: (reference: string) => string;
  readonly nowMs: () => number;
}

/** A checkpoint waits for its copies, and the next one for it: a place that hangs may not hold up the record for long. */
const TIMEOUT_MS = 5_000;

export const checkpointPlaces = (places: readonly CheckpointPlace[], tools: PlaceTools): readonly PublishCheckpoint[] =>
  places.map((place) => publisher(place, tools));

/** Throws `outbound_refused`, `secret_missing`. */
function publisher(place: CheckpointPlace, { read, nowMs }: PlaceTools): PublishCheckpoint {
  const setting = `ledger.checkpointPlaces (${place.kind})`;
  if (place.kind === 'syslog') assertOutboundPlace(setting, place.host);
  else assertOutboundUrl(setting, place.kind === 's3' ? place.endpoint : place.url);
  const tls = place.ca === undefined ? {} : { ca: read(`file:${place.ca}`) };
  switch (place.kind) {
    case 'webhook': {
      const url = outboundUrl(place.url, ['http', 'https']);
      const headers = Object.fromEntries(Object.entries(place.headers).map(([header, value]) => [header, read(value)]));
      return publishToWebhook(createHttpSender({ url, tls, timeoutMs: TIMEOUT_MS }), { path: `${url.pathname}${url.search}`, headers });
    }
    case 's3': {
      const url = outboundUrl(place.endpoint, ['http', 'https']);
      const { bucket, prefix, region } = place;
      const keys = { accessKeyId: read(place.accessKeyId), secretAccessKey: read(place.secretAccessKey) };
      return publishToS3(createHttpSender({ url, tls, timeoutMs: TIMEOUT_MS }), { host: url.host, bucket, prefix, region, ...keys, nowMs });
    }
    case 'syslog': {
      const { host, port } = place;
      const send = async (bytes: Uint8Array): Promise<void> => {
        const socket = await connectStream({ host, port, timeoutMs: TIMEOUT_MS, ...(place.tls ? { tls } : {}) });
        try {
          await socket.write(bytes);
        } finally {
          await socket.end();
        }
      };
      return publishToSyslog(send, { hostname: hostname(), nowMs });
    }
  }
}
