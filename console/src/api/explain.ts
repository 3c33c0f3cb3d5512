// Asks what the guards would find in a conversation, and what the policy would do about it.
import { post } from './client.ts';
import type { ExplainedFinding, Explanation, Origin } from './types.ts';

export interface Turn {
  readonly id: number;
  readonly origin: Origin;
  readonly text: string;
}

export interface ExplainedStage {
  readonly stage: string;
  readonly ms?: number | null;
  readonly findings: readonly ExplainedFinding[];
  /** What the next stage sees. */
  readonly text?: string;
}

export interface Explained extends Omit<Explanation, 'findings'> {
  readonly findings: readonly ExplainedFinding[];
  readonly stages: readonly ExplainedStage[];
}

const ROLES: Readonly<Record<Origin, string>> = { operator: 'system', user: 'user', model: 'assistant', retrieved: 'user', tool: 'tool' };

export const explainConversation = (turns: readonly Turn[]): Promise<Explained> =>
  post<Explained>('/api/policy/explain', {
    conversation: turns.filter(({ text }) => text !== '').map(({ origin, text }) => ({ role: ROLES[origin], origin, text })),
  });
