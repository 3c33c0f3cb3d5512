// Text that was fetched has no business addressing the model or shaping its answer. Greshake et al., 2023;
// OWASP LLM01:2025 (indirect); MITRE ATLAS AML.T0051.001.
import { meaningRule, parseBook } from '../meaning/rule.ts';
import book from './injection-indirect.json' with { type: 'json' };

export default meaningRule({
  id: 'injection.indirect',
  task: 'injection',
  class: 'injection',
  directions: ['input'],
  severity: 'high',
  taxonomy: 'indirect-injection',
  about: 'Orders to the model inside documents, mails, web pages, tool results and tool descriptions.',
  book: parseBook(book),
});
