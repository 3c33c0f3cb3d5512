// What looks for what a policy asks for beyond what always is. Weights are read when the first policy asks for them.
import { createHash } from 'node:crypto';
import type { SpanDetector } from '../../detect/detector.ts';
import { createHarmJudge, type HarmJudge } from '../../detect/harm/harm-model.ts';
import { HarmWatch } from '../../detect/harm/harm-watch.ts';
import { nameDetector } from '../../detect/names/name-detector.ts';
import { createNameModel } from '../../detect/names/name-model.ts';
import type { TextModel } from '../../detect/text-model.ts';
import type { TextWatch } from '../../detect/text-watch.ts';
import { createTopicJudge } from '../../detect/topics/topic-judge.ts';
import { TopicWatch } from '../../detect/topics/topic-watch.ts';
import { VocabularyWatch, vocabularyOf } from '../../detect/topics/vocabulary-watch.ts';
import type { Asked, Stretch } from '../../gateway/guards.ts';
import type { LookFor } from '../../policy/look-for.ts';
import { readWeights } from './text-models.ts';

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};

const nameModel: () => TextModel = once(() => createNameModel(readWeights('names')));
const harmJudge: () => HarmJudge = once(() => createHarmJudge(readWeights('harm')));

/** One part of what a policy asks for. */
interface AskedPart {
  readonly follower?: (stretch: Stretch) => SpanDetector | undefined;
  readonly watch?: (stretch: Stretch) => TextWatch | undefined;
}

/** What the operator wrote is no matter of harm or topic: it says what the others may do. */
const isOperators = ({ origin }: Stretch): boolean => origin === 'operator';

function namesPart({ types, on }: NonNullable<LookFor['names']>): AskedPart {
  const detector = nameDetector(nameModel(), types);
  return { follower: ({ direction }) => (on.includes(direction) ? detector : undefined) };
}

function harmPart({ on, ...thresholds }: NonNullable<LookFor['harm']>): AskedPart {
  const judge = harmJudge();
  return {
    watch: (stretch) =>
      on.includes(stretch.direction) && !isOperators(stretch) ? new HarmWatch(judge, thresholds, stretch.direction) : undefined,
  };
}

/** Of requests only what users write is held to topics: documents and tools may speak of anything. Of answers, only what people read. */
const isTalk = ({ direction, origin, isSaid }: Stretch): boolean => (direction === 'input' ? origin === 'user' : isSaid);

function topicsPart({ allow, threshold, on }: NonNullable<LookFor['topics']>): AskedPart {
  const judge = createTopicJudge(allow);
  return {
    watch: (stretch) =>
      on.includes(stretch.direction) && isTalk(stretch) ? new TopicWatch(judge, threshold, stretch.direction) : undefined,
  };
}

function vocabularyPart({ level, allow, atMost, on }: NonNullable<LookFor['vocabulary']>): AskedPart {
  const asked = { known: vocabularyOf(level, allow), atMost };
  return {
    watch: (stretch) => (on.includes(stretch.direction) && isTalk(stretch) ? new VocabularyWatch(asked, stretch.direction) : undefined),
  };
}

function askedFor(lookFor: LookFor): Asked {
  const { names, harm, topics, vocabulary } = lookFor;
  const parts: readonly AskedPart[] = [
    ...(names === undefined ? [] : [namesPart(names)]),
    ...(harm === undefined ? [] : [harmPart(harm)]),
    ...(topics === undefined ? [] : [topicsPart(topics)]),
    ...(vocabulary === undefined ? [] : [vocabularyPart(vocabulary)]),
  ];
  return {
    id: createHash('sha256').update(JSON.stringify(lookFor)).digest('base64url'),
    followers: (stretch) => parts.flatMap(({ follower }) => follower?.(stretch) ?? []),
    watches: (stretch) => parts.flatMap(({ watch }) => watch?.(stretch) ?? []),
  };
}

/** Makes it once for each policy. Throws where what is asked for cannot be had, such as weights that are missing or damaged. */
export function createAsked(): (lookFor: LookFor) => Asked {
  const made = new WeakMap<LookFor, Asked>();
  return (lookFor) => {
    const known = made.get(lookFor);
    if (known !== undefined) return known;
    const fresh = askedFor(lookFor);
    made.set(lookFor, fresh);
    return fresh;
  };
}

/** Before a configuration is taken over: what its policies ask for can be had. */
export function assertCanBeAsked(policies: readonly { readonly lookFor?: LookFor }[]): void {
  for (const { lookFor } of policies) if (lookFor !== undefined) askedFor(lookFor);
}
