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
import { VerbatimWatch } from '../../detect/verbatim/verbatim-watch.ts';
import type { Asked, Stretch } from '../../gateway/guards.ts';
import type { LookFor } from '../../policy/look-for.ts';
import { openCorpus } from '../corpus/open-corpus.ts';
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
  /** What it looks with, beyond what the policy says. */
  readonly edition?: string;
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
const isTalk = ({ direction, origin, isSaid, isSeam }: Stretch): boolean =>
  isSeam !== true && isSaid && (direction === 'output' || origin === 'user');

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

function corporaPart({ names, on }: NonNullable<LookFor['corpora']>, dataFolder: string): AskedPart {
  const opened = names.map((name) => openCorpus(dataFolder, name));
  const indexes = opened.map(({ index }) => index);
  return {
    edition: opened.map(({ head }) => head.sha256).join(),
    watch: (stretch) => (on.includes(stretch.direction) && !isOperators(stretch) ? new VerbatimWatch(indexes) : undefined),
  };
}

function askedFor(lookFor: LookFor, dataFolder: string): Asked {
  const { names, harm, topics, vocabulary, corpora } = lookFor;
  const parts: readonly AskedPart[] = [
    ...(names === undefined ? [] : [namesPart(names)]),
    ...(harm === undefined ? [] : [harmPart(harm)]),
    ...(topics === undefined ? [] : [topicsPart(topics)]),
    ...(vocabulary === undefined ? [] : [vocabularyPart(vocabulary)]),
    ...(corpora === undefined ? [] : [corporaPart(corpora, dataFolder)]),
  ];
  return {
    id: createHash('sha256')
      .update(JSON.stringify([lookFor, parts.map(({ edition }) => edition)]))
      .digest('base64url'),
    followers: (stretch) => parts.flatMap(({ follower }) => follower?.(stretch) ?? []),
    watches: (stretch) => parts.flatMap(({ watch }) => watch?.(stretch) ?? []),
  };
}

/** By what a policy asks for, an object of the configuration in force: a corpus that is made anew is taken with the next reload. */
const made = new WeakMap<LookFor, Asked>();

/** Makes it once; corpora lie in `dataFolder`. Throws where what is asked for cannot be had: weights or corpora that are missing or damaged. */
export function askedOnce(lookFor: LookFor, dataFolder: string): Asked {
  const known = made.get(lookFor);
  if (known !== undefined) return known;
  const fresh = askedFor(lookFor, dataFolder);
  made.set(lookFor, fresh);
  return fresh;
}
