// Asks what the guards would find in a conversation, and what the policy would do about it.
import { post } from './client.ts';
import type { Action } from '../../../src/core/types.ts';
import type { ExplainedFinding, Origin } from './types.ts';

export interface Turn {
  readonly id: number;
  readonly origin: Origin;
  readonly text: string;
  /** A picture said with it. */
  readonly picture?: Picture | undefined;
}

export interface Picture {
  readonly name: string;
  /** `data:` URL, as the browser reads files. */
  readonly url: string;
}

export interface ExplainedTurn {
  readonly pointer: string;
  readonly role: string;
  readonly origin: Origin;
  readonly text: string;
}

export interface TurnScores {
  readonly pointer: string;
  readonly stages: readonly { readonly stage: string; readonly score: number }[];
}

export interface ExplainedStage {
  readonly stage: 'walk' | 'pictures' | 'meaning' | 'spans' | 'together' | 'decide' | 'shield';
  readonly says: string;
  readonly ms: number;
  readonly findings: readonly ExplainedFinding[];
  /** What each stage of the injection cascade thinks of each turn. */
  readonly scores?: readonly TurnScores[];
  /** The turns as they leave this stage. */
  readonly turns: readonly ExplainedTurn[];
}

export interface Explained {
  readonly action: Action;
  readonly policy: string;
  readonly mode: 'enforce' | 'observe';
  readonly failure: string | null;
  readonly stages: readonly ExplainedStage[];
}

const ROLES: Readonly<Record<Origin, string>> = { operator: 'system', user: 'user', model: 'assistant', retrieved: 'user', tool: 'tool' };

export const explainConversation = (turns: readonly Turn[]): Promise<Explained> =>
  post<Explained>('/api/policy/explain', {
    conversation: turns
      .filter(({ text, picture }) => text !== '' || picture !== undefined)
      .map(({ origin, text, picture }) => ({
        role: ROLES[origin],
        origin,
        text,
        ...(picture === undefined ? {} : { image: picture.url.slice(picture.url.indexOf(',') + 1) }),
      })),
  });
