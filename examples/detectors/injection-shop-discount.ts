// Callers of a shop's assistant who claim authority to get goods for nothing.
import { meaningRule, parseBook } from '../../src/detect/meaning/rule.ts';
import book from './injection-shop-discount.json' with { type: 'json' };

export default meaningRule({
  id: 'injection.shop-discount',
  task: 'injection',
  class: 'injection',
  directions: ['input'],
  severity: 'high',
  taxonomy: 'direct-injection',
  about: 'Claims of authority that ask for goods, refunds or discounts.',
  book: parseBook(book),
});
