// From the stages that a policy goes without to what the gateway takes, and their ends.
import type { Stage } from '../../core/types.ts';
import type { PolicyConfig } from './schema.ts';

type Weakened = NonNullable<Stages['rules']>;
type Stages = PolicyConfig['stages'];

const STAGES = ['rules', 'fast', 'strong', 'memory'] as const satisfies readonly Stage[];

/** A member of a policy, where there is anything to say: policies that go without nothing keep their revision. */
export function stagesOff({ stages }: PolicyConfig): { readonly stagesOff?: readonly Stage[] } {
  const off = STAGES.filter((stage) => stages[stage] !== undefined);
  return off.length === 0 ? {} : { stagesOff: off };
}

/** Those that are off, under the names by which a configuration carries them. */
export function stageWeakenings({ stages }: PolicyConfig): Readonly<Record<string, Weakened>> {
  return Object.fromEntries(STAGES.flatMap((stage) => (stages[stage] === undefined ? [] : [[`policy.stages.${stage}`, stages[stage]]])));
}

/** Without those that are over. */
export const currentStages = (stages: Stages, isOver: (weakening: unknown) => boolean): Stages =>
  Object.fromEntries(STAGES.flatMap((stage) => (stages[stage] === undefined || isOver(stages[stage]) ? [] : [[stage, stages[stage]]])));
