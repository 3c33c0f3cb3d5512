// How near a text is to the topics that an operator allows: what its words have in common with example sentences and words of each topic.
import { featuresOf, silentIn, type Features } from './text-features.ts';

export interface Topic {
  /** Its words count as words of the topic. */
  readonly name: string;
  /** Sentences as people write them. */
  readonly examples: readonly string[];
  /** Words of the topic that the examples leave out. */
  readonly words: readonly string[];
}

export interface TopicVerdict {
  /** 0 to 1: of what the text says, how much is known of the nearest topic. 1 for a text that says nothing by itself, such as “go on”. */
  readonly nearness: number;
  /** The nearest topic; absent where the text says nothing. */
  readonly topic?: string;
  /** Words of the text that say something. */
  readonly words: number;
}

export interface TopicJudge {
  judge(text: string): TopicVerdict;
}

interface Known {
  readonly name: string;
  readonly features: ReadonlySet<string>;
}

const textsOf = ({ name, examples, words }: Topic): readonly string[] => [name, ...examples, ...words];

const knownOf = (topic: Topic, silent: ReadonlySet<string>): Known => ({
  name: topic.name,
  features: new Set(textsOf(topic).flatMap((text) => [...featuresOf(text, silent).weights.keys()])),
});

/** Of the weight of a text, the part that a topic knows. Words that it does not know count by what is known inside them. */
function nearnessOf({ weights }: Features, { features }: Known): number {
  let known = 0;
  let all = 0;
  for (const [feature, weight] of weights) {
    all += weight;
    if (features.has(feature)) known += weight;
  }
  return all === 0 ? 1 : known / all;
}

export function createTopicJudge(topics: readonly Topic[]): TopicJudge {
  const silent = silentIn(topics.flatMap(textsOf));
  const known = topics.map((topic) => knownOf(topic, silent));
  return {
    judge(text) {
      const features = featuresOf(text, silent);
      const { words } = features;
      if (features.weights.size === 0) return { nearness: 1, words };
      let best: TopicVerdict = { nearness: -1, words };
      for (const topic of known) {
        const nearness = nearnessOf(features, topic);
        if (nearness > best.nearness) best = { nearness, words, topic: topic.name };
      }
      return best;
    },
  };
}
