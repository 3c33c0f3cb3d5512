// Marks of turns and prompts that a text may not carry: chat-template tokens, fake system lines, a claimed end of the prompt.
// OWASP LLM01:2025; MITRE ATLAS AML.T0051. The shared scan only says that a word of a mark is there; here it is looked at exactly.
import type { Finding } from '../../core/types.ts';
import type { MeaningDetector, MeaningLook } from '../detector.ts';
import type { FrameMatch, ViewEvidence } from '../meaning/evidence.ts';
import { parseBook } from '../meaning/rule.ts';
import { weigh } from '../meaning/weigh.ts';
import book from './injection-markers.json' with { type: 'json' };
import patterns from './injection-markers.patterns.json' with { type: 'json' };

const CARD = {
  id: 'injection.markers',
  task: 'injection',
  class: 'injection',
  directions: ['input'],
  severity: 'high',
  taxonomy: 'direct-injection',
  about: 'Chat-template tokens, fake system lines and claimed ends of the prompt.',
} as const;

/** All quantifiers are bounded, so that each pattern is linear in the text. */
const MARKS = patterns.map(({ id, pattern, score }) => ({
  expression: new RegExp(pattern, 'u'),
  frame: { id, need: [], score, by: { operator: score / 8 }, family: 'instruction_hijack' } as const,
}));

function marksOf(evidence: ViewEvidence): ViewEvidence {
  const { text } = evidence.view;
  const matches: FrameMatch[] = [];
  for (const { expression, frame } of MARKS) {
    const found = expression.exec(text);
    if (found !== null) matches.push({ rule: 0, frame, start: found.index, end: found.index + found[0].length, isDoubtful: false });
  }
  return { view: evidence.view, matches, surroundings: evidence.surroundings };
}

function judge(look: MeaningLook): readonly Finding[] {
  const evidence = (look.evidence ?? []).map(marksOf).filter(({ matches }) => matches.length > 0);
  return evidence.length === 0 ? [] : weigh({ ...look, evidence }, CARD);
}

export default { ...CARD, kind: 'meaning', book: parseBook(book), judge } satisfies MeaningDetector;
