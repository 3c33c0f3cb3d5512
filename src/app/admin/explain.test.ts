// What explains a text says that a judge was lost, as the gateway would.
import { expect, it } from 'vitest';
import { createSpanScanner } from '../../detect/span/scanner.ts';
import type { Guards } from '../../gateway/guards.ts';
import type { Policy } from '../../policy/policy.ts';
import { shippedRules } from '../../policy/shipped.ts';
import { explain } from './explain.ts';

it('a judge that throws has not looked', async () => {
  const broken = {
    clearTo: 0,
    read() {
      throw new Error('its corpus is gone');
    },
  };
  const guards: Guards = {
    meaning: () => ({ state: 'looked', findings: [] }),
    spans: createSpanScanner([]),
    asked: () => ({ id: 'x', followers: () => [], watches: () => [broken] }),
  };
  const policy = {
    name: 'standard',
    revision: '1',
    rules: shippedRules('standard'),
    mode: 'enforce',
    onFailure: { input: 'block', output: 'block' },
    media: 'block',
    lookFor: {},
  } as const satisfies Policy;
  for (const direction of ['input', 'output'] as const)
    expect(await explain({ guards, policy }, { text: 'Hello.', direction, origin: 'user' })).toMatchObject({
      action: 'block',
      failure: 'detector_error',
    });
});
