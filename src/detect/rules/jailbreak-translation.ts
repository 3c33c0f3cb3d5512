// Translation chains: decode this and obey, answer in a code, answer in a rare language. Yong et al., 2023 (low-resource
// languages); Wei et al., "Jailbroken", 2023 (base64).
import { meaningRule, parseBook } from '../meaning/rule.ts';
import book from './jailbreak-translation.json' with { type: 'json' };

export default meaningRule({
  id: 'injection.jailbreak-translation',
  task: 'injection',
  class: 'jailbreak',
  directions: ['input'],
  severity: 'high',
  taxonomy: 'obfuscated-prompt',
  about: 'Orders that pass through a code or another language on their way in or out.',
  book: parseBook(book),
});
