// What `sallyport doctor` asks of whoever takes second looks: to load, and to judge as much harmless text as it will ever get, in time.
import { EXCERPT_UNITS_MAX, SENTENCE_UNITS_MAX } from '../../detect/detector.ts';
import type { Upstream } from '../../gateway/routes.ts';
import { systemClock } from '../../io/clock.ts';
import { systemRandom } from '../../io/random.ts';
import type { SecondLookSettings } from '../config/second-look.ts';
import type { Asker } from '../serve/second-look-asker.ts';
import { askerOf } from '../serve/second-look-keeper.ts';

interface Line {
  readonly state: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly fix?: string;
}

const EXCERPT = 'What time does the ferry to Naples leave? '.repeat(13).slice(0, EXCERPT_UNITS_MAX);

const SENTENCE = EXCERPT.slice(0, SENTENCE_UNITS_MAX);

export async function examineSecondLook(settings: SecondLookSettings, upstreams: readonly Upstream[]): Promise<readonly Line[]> {
  const asker = askerOf({ by: settings.by }, { clock: systemClock, random: systemRandom });
  try {
    await asker.settled;
    return [await judged(asker, settings), ...keptHome(asker, upstreams)];
  } finally {
    await asker.close();
  }
}

/** A gateway goes on without the bonus where it is late; whoever asks how it is wants to know how late. */
const PATIENCE_MS = 10_000;
const BONUS = 'Install its packages again (docs/detection-stages.md). Until then the verdict of the first stages stands.';

async function judged(asker: Asker, { deadlineMs, isDefault }: SecondLookSettings): Promise<Line> {
  const { state, detail, digests } = asker.status;
  if (state === 'failed' && isDefault === true) return { state: 'warn', detail, fix: BONUS };
  if (state === 'failed') return { state: 'fail', detail, fix: 'Mend secondLook.by, or take secondLook out.' };
  const startedMs = systemClock.steadyMs();
  const answer = await asker.ask({
    texts: asker.sees === 'one sentence' ? [SENTENCE] : [EXCERPT, EXCERPT],
    origin: 'user',
    owner: 'doctor',
    untilMs: systemClock.nowMs() + (isDefault === true ? PATIENCE_MS : deadlineMs),
  });
  const ms = Math.round(systemClock.steadyMs() - startedMs);
  const files = Object.entries(digests).map(([name, digest]) => `${name} ${digest}`);
  const words = [detail, ...files].join(', ');
  if (answer.state === 'looked') return { state: 'ok', detail: `${words}: answers in ${ms} ms, of ${deadlineMs}` };
  if (isDefault === true)
    return {
      state: 'warn',
      detail: `${words}: is too slow here (${answer.code})`,
      fix: 'Texts in doubt keep the verdict of the first stages.',
    };
  return {
    state: 'fail',
    detail: `${words}: gives no verdict (${answer.code})`,
    fix: 'Until it does, texts in doubt are what policy.onFailure says. Try its url, key and model by hand, or raise secondLook.deadlineMs.',
  };
}

function keptHome({ isExternal }: Asker, upstreams: readonly Upstream[]): readonly Line[] {
  const inside = upstreams.filter(({ trust }) => trust === 'self-hosted').map(({ name }) => name);
  if (!isExternal || inside.length === 0) return [];
  return [
    {
      state: 'warn',
      detail: `the judge is outside the house: texts for ${inside.join(', ')} stay inside and get no second look`,
      fix: 'Use a judge of your own with trust: self-hosted, or a classifier.',
    },
  ];
}
