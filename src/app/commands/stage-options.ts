// Which stages a command judges without.
import type { Stage } from '../../core/types.ts';
import { appFault } from '../faults.ts';
import type { Detectors } from '../serve/guards.ts';
import { partsWithout } from '../serve/stage-judges.ts';

const STAGES = ['rules', 'fast', 'strong'] as const satisfies readonly Stage[];

/** Words for the description of the option. */
export const WITHOUT_WORDS = 'judge without these stages of the injection cascade: rules, fast, strong; joined by commas';

/** Throws `bad_argument`. */
export function stagesOf(text = ''): readonly Stage[] {
  return text
    .split(',')
    .filter((name) => name !== '')
    .map((name) => {
      const stage = STAGES.find((known) => known === name);
      if (stage === undefined)
        throw appFault('bad_argument', {
          what: `There is no stage "${name}".`,
          fix: `Use some of ${STAGES.join(', ')}, joined by commas.`,
        });
      return stage;
    });
}

export const detectorsWithout = (detectors: Detectors, off: readonly Stage[]): Detectors => ({
  ...detectors,
  meaning: partsWithout(detectors.meaning, off),
});
