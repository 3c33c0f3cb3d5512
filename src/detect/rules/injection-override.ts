// Orders that put aside the instructions a model was given: "ignore all previous instructions" in many tongues.
// OWASP LLM01:2025; MITRE ATLAS AML.T0051.
import { meaningRule, parseBook } from '../meaning/rule.ts';
import book from './injection-override.json' with { type: 'json' };

export default meaningRule({
  id: 'injection.override',
  task: 'injection',
  class: 'injection',
  directions: ['input'],
  severity: 'high',
  taxonomy: 'direct-injection',
  about: 'Orders to ignore, replace or outrank the instructions that the model was given.',
  book: parseBook(book),
});
