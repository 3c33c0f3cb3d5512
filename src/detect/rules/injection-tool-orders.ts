// Orders that would make an agent do harm: run commands, send data away, skip approval. OWASP LLM06:2025;
// MITRE ATLAS AML.T0053.
import { meaningRule, parseBook } from '../meaning/rule.ts';
import book from './injection-tool-orders.json' with { type: 'json' };

export default meaningRule({
  id: 'injection.tool-orders',
  task: 'injection',
  class: 'injection',
  directions: ['input'],
  severity: 'high',
  taxonomy: 'tool-abuse',
  about: 'Orders to run hostile commands, to send data away, or to act without approval.',
  book: parseBook(book),
});
