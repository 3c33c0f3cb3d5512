// Descriptions of predictive models that cannot work.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/types.ts';
import { useGateway } from '../../../test/support/running-gateway.ts';

const gateway = useGateway();

describe('a configuration is refused', () => {
  const upstreams = { scoring: { kind: 'open-inference', url: 'http://127.0.0.1:9' }, chat: { kind: 'demo' } };
  const output = { name: 'y', datatype: 'FP64', shape: [-1] };
  it.each<readonly [string, JsonObject, string]>([
    ['with a chat upstream', { upstream: 'chat', inputs: [output], outputs: [output] }, 'upstream_wrong_kind'],
    ['with no upstream', { upstream: 'none', inputs: [output], outputs: [output] }, 'upstream_unknown'],
    ['with two of a name', { upstream: 'scoring', inputs: [output, output], outputs: [output] }, 'tensor_misdescribed'],
    ['with an empty range', { upstream: 'scoring', inputs: [{ ...output, min: 2, max: 1 }], outputs: [output] }, 'tensor_misdescribed'],
    [
      'with a range of words',
      { upstream: 'scoring', inputs: [{ ...output, datatype: 'BYTES', min: 1 }], outputs: [output] },
      'tensor_misdescribed',
    ],
    [
      'with rounded whole numbers',
      { upstream: 'scoring', inputs: [output], outputs: [{ ...output, datatype: 'INT32', decimals: 2 }] },
      'tensor_misdescribed',
    ],
  ])('%s', (_, model, code) => {
    const config = gateway().configOf({ upstreams, predict: { models: { m: model } } });
    expect(() => gateway().sallyport.reload(config, 'test')).toThrow(expect.objectContaining({ code }));
  });
});
