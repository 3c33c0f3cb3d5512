// A judge of whole texts with trained weights: asked where its task is named, never on a stream.
import type { Finding, Origin } from '../core/types.ts';
import type { Task } from './detector.ts';

export interface TextModel {
  readonly task: Task;
  /** Findings in the order of the text. Pure, and linear in its length. */
  judge(text: string, origin: Origin): readonly Finding[];
}
