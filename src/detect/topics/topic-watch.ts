// Keeps a conversation to the topics that a policy allows: a request by what it says as a whole, an answer by what it has said of late.
import type { Direction, Finding } from '../../core/types.ts';
import { SentenceWindow, type Sentence } from '../sentence-window.ts';
import type { TextWatch } from '../text-watch.ts';
import type { TopicJudge } from './topic-judge.ts';

/** How much of an answer speaks for its topic. */
const WINDOW_UNITS = 600;
/** Words that say something which an answer must have before it is judged. */
const ANSWER_WORDS_MIN = 8;
/** Answers explain, and use words beside those of the topic: in `corpus/topics/answers.json` .18 and more where they keep to it, .07 and less where not. */
const ANSWER_SHARE = 0.6;

export class TopicWatch implements TextWatch {
  readonly #judge: TopicJudge;
  readonly #least: number;
  readonly #wordsMin: number;
  readonly #sentences: SentenceWindow;

  /** `threshold`: nearness below which a request is off topic. */
  constructor(judge: TopicJudge, threshold: number, direction: Direction) {
    const isAnswer = direction === 'output';
    this.#judge = judge;
    this.#least = isAnswer ? threshold * ANSWER_SHARE : threshold;
    this.#wordsMin = isAnswer ? ANSWER_WORDS_MIN : 1;
    this.#sentences = new SentenceWindow(direction, isAnswer ? WINDOW_UNITS : 0);
  }

  get clearTo(): number {
    return this.#sentences.clearTo;
  }

  read(part: string, isFinal: boolean): readonly Finding[] {
    return this.#sentences.read(part, isFinal).flatMap((sentence) => this.#look(sentence) ?? []);
  }

  #look({ window, start, end }: Sentence): Finding | undefined {
    const { nearness, words } = this.#judge.judge(window);
    if (words < this.#wordsMin || nearness >= this.#least) return undefined;
    const score = 1 - nearness / 2;
    const reason = 'has little in common with the topics that the policy allows';
    return {
      rule: 'policy.topic',
      class: 'policy',
      type: 'off_topic',
      severity: 'high',
      score,
      start,
      end,
      reason,
      taxonomy: 'scope-drift',
    };
  }
}
