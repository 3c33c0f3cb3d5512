// The image door where what it takes to look is not installed, through the gateway's front door.
import { deflateSync, crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/types.ts';
import { assembleGateway, type AssembledGateway } from '../../../test/support/assembled-gateway.ts';
import { chatAnswer } from '../../../test/support/openai-replies.ts';
import { post } from '../../../test/support/plain-client.ts';
import { createImageGuard } from './image-guard.ts';

const PLACES = { perRequest: 4, pixelsMax: 1_000_000, remoteHosts: [], reach: { isOpened: () => false } };

const chunk = (name: string, data: Buffer): Buffer => {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
};
/** Grey, and whole enough for whoever reads headers. */
function png(width: number, height: number): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  const rows = deflateSync(Buffer.alloc(height * (width + 1)));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const asking = (image: Buffer): JsonObject => ({
  model: 'm',
  max_tokens: 100,
  messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${image.toString('base64')}` } }] }],
});

async function withoutPackages(policy: JsonObject = {}): Promise<AssembledGateway> {
  const images = createImageGuard(() => PLACES, ['vitest', 'no-such-package', '@no-such/package']);
  const gateway = await assembleGateway({ images, settings: { policy } });
  gateway.upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'A picture.' })));
  return gateway;
}

const ALLOWED = { media: { allow: true, author: 'ada', reason: 'no packages here', expires: '2999-01-01' } };

describe('without the packages', () => {
  it('a picture is refused by its place, in words that name what is missing and nothing else', async () => {
    const gateway = await withoutPackages();
    const response = await post({ url: gateway.url, key: gateway.key }, asking(png(64, 64)));
    const { error } = (await response.json()) as { error: JsonObject };
    expect([response.status, error['code'], error['param']]).toEqual([400, 'images_need_packages', '/messages/0/content/0/image_url']);
    expect(String(error['message'])).toContain('no-such-package @no-such/package');
    expect(String(error['message'])).not.toContain('vitest');
    expect(gateway.upstream.received).toHaveLength(0);
  });

  it('passes unseen where the operator wrote so, is said to be unseen, and is reserved by its size', async () => {
    const gateway = await withoutPackages(ALLOWED);
    const image = png(600, 600);
    const response = await post({ url: gateway.url, key: gateway.key }, asking(image));
    expect([response.status, response.headers.get('x-sallyport-unprotected')]).toEqual([200, 'media']);
    expect(gateway.upstream.last.text).toContain(image.toString('base64'));
    const opened = (await gateway.records()).find(({ kind }) => kind === 'request.opened');
    expect(opened?.data['reservation']).toMatchObject({ tokens: expect.toSatisfy((tokens: number) => tokens > 2_833 + 4 * 5_667) });
  });

  it('what is no picture, or too large a one, is refused all the same', async () => {
    const gateway = await withoutPackages(ALLOWED);
    for (const image of [Buffer.from('MZ and more'), png(2_000, 2_000)]) {
      const response = await post({ url: gateway.url, key: gateway.key }, asking(image));
      expect([response.status, ((await response.json()) as { error: JsonObject }).error['code']]).toEqual([400, 'image_refused']);
    }
    expect(gateway.upstream.received).toHaveLength(0);
  });
});
