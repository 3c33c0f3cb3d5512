// A gateway with a judge behind an API: what is blocked when it gives no verdict, and what it is not asked about.
import { describe, expect, it, onTestFinished } from 'vitest';
import { freshGateway } from '../../../test/support/running-gateway.ts';
import { startUpstream } from '../../../test/support/scripted-upstream.ts';
import { ask, doubtful } from './second-look.fixture.ts';

const SECOND_LOOK = { from: 0.05, to: 0.9, deadlineMs: 20_000 };

describe('a judge behind an API', () => {
  const judgeOn = (url: string, more: object = {}) => ({
    secondLook: { ...SECOND_LOOK, by: { kind: 'judge', url, model: 'j', trust: 'self-hosted', ...more } },
  });
  const verdictOf = (text: string, attack: boolean): string => {
    const mark = /<<([0-9a-f]{24})\\n/.exec(text)?.[1] ?? '';
    return JSON.stringify({ mark, attack, kind: attack ? 'jailbreak' : 'none', sure: 0.9 });
  };

  it('that gives no verdict blocks the text in doubt, and nothing else', async () => {
    const gateway = await freshGateway(judgeOn('http://127.0.0.1:1/v1'));
    const answer = await ask(
      gateway,
      doubtful((score) => score >= 0.05 && score < 0.9),
    );
    expect(answer.status).toBe(403);
    expect(JSON.stringify(await answer.json())).toContain('worker_lost');
    expect((await ask(gateway, 'What time does the ferry to Naples leave?')).status).toBe(200);
  });

  it('that is outside the house is not asked about what stays inside', async () => {
    const server = await startUpstream();
    onTestFinished(() => server.close());
    server.answer(({ text }, reply) => reply.json({ choices: [{ message: { content: verdictOf(text, true) } }] }));
    const upstreams = (url: string) => ({
      main: { kind: 'openai-compatible', url, trust: 'self-hosted' },
      outside: { kind: 'openai-compatible', url, trust: 'external' },
    });
    const routes = [
      { models: 'out', upstream: 'outside' },
      { models: '*', upstream: 'main' },
    ];
    const gateway = await freshGateway(judgeOn(server.url, { trust: 'external' }));
    gateway.sallyport.reload(
      gateway.configOf({ ...judgeOn(server.url, { trust: 'external' }), upstreams: upstreams(gateway.upstream.url), routes }),
      'test',
    );
    const text = doubtful((score) => score >= 0.05 && score < 0.5);
    expect((await ask(gateway, text, 'in')).status).toBe(200);
    expect(server.received).toHaveLength(0);
    expect((await ask(gateway, text, 'out')).status).toBe(403);
    expect(server.received).toHaveLength(1);
    expect(gateway.sallyport.metrics.stages.secondLooks).toMatchObject({ kept_home: 1, raised: 1 });
  });
});
