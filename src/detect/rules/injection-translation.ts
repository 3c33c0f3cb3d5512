// The hidden prompt asked for in a code or in another language, so that a filter on the answer does not know it again.
// OWASP LLM07:2025; MITRE ATLAS AML.T0056.
import { meaningRule, parseBook } from '../meaning/rule.ts';
import book from './injection-translation.json' with { type: 'json' };

export default meaningRule({
  id: 'injection.translation',
  task: 'injection',
  class: 'injection',
  directions: ['input'],
  severity: 'high',
  taxonomy: 'hidden-prompt-taken',
  about: 'Requests to give away the prompt encoded or translated.',
  book: parseBook(book),
});
