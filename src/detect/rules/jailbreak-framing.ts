// Frames that make a forbidden request look fit: hypothesis, fiction, study, authority, pity. MITRE ATLAS AML.T0054.
import { meaningRule, parseBook } from '../meaning/rule.ts';
import book from './jailbreak-framing.json' with { type: 'json' };

export default meaningRule({
  id: 'injection.jailbreak-framing',
  task: 'injection',
  class: 'jailbreak',
  directions: ['input'],
  severity: 'high',
  taxonomy: 'jailbreak',
  about: 'Harm asked for under an excuse: research, fiction, exams, authority, feelings, worlds without rules.',
  book: parseBook(book),
});
