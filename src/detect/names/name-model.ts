// The tagger of names as a judge of texts: what it says of each kind of name, and how sure it must be.
import type { Finding, Severity } from '../../core/types.ts';
import type { TextModel } from '../text-model.ts';
import type { Label } from './labels.ts';
import { createNameTagger } from './tagger.ts';
import { webAndMail } from './web-and-mail.ts';

interface Kind {
  readonly severity: Severity;
  /** Least probability that is told. */
  readonly least: number;
  readonly reason: string;
}

const KINDS: Readonly<Record<Label, Kind>> = {
  PERSON: { severity: 'low', least: 0.5, reason: 'written where and as names of people are' },
  LOCATION: { severity: 'info', least: 0.5, reason: 'written where and as places are' },
  ORGANIZATION: { severity: 'info', least: 0.5, reason: 'written where and as organisations are' },
  DATE_TIME: { severity: 'info', least: 0.5, reason: 'a date' },
  ADDRESS: { severity: 'low', least: 0.5, reason: 'a postal address or a part of one' },
  AGE: { severity: 'info', least: 0.5, reason: 'an age' },
  NRP: { severity: 'info', least: 0.5, reason: 'a nationality, religion or political group' },
  TITLE: { severity: 'info', least: 0.5, reason: 'a title or an occupation' },
};

/** `weights` as `models/names/train.ts` writes them; throws if they are anything else. */
export function createNameModel(weights: Uint8Array): TextModel {
  const tagger = createNameTagger(weights);
  return {
    task: 'pii',
    judge(text) {
      const certain = webAndMail(text);
      const isFree = ({ start, end }: { readonly start: number; readonly end: number }): boolean =>
        !certain.some((finding) => finding.start < end && finding.end > start);
      const tagged = tagger.tag(text).flatMap((span): readonly Finding[] => {
        const { type, start, end, score } = span;
        const { severity, least, reason } = KINDS[type];
        if (score < least || !isFree(span)) return [];
        return [{ rule: 'pii.names', class: 'personal-data', type, severity, score, start, end, reason, taxonomy: 'sensitive-output' }];
      });
      return certain.length === 0 ? tagged : [...certain, ...tagged].sort((a, b) => a.start - b.start);
    },
  };
}
