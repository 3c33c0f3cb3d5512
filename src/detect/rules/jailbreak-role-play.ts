// Personas and modes that are said to stand above the rules: DAN and its kin. Shen et al., "Do Anything Now" (2023);
// MITRE ATLAS AML.T0054.
import { meaningRule, parseBook } from '../meaning/rule.ts';
import book from './jailbreak-role-play.json' with { type: 'json' };

export default meaningRule({
  id: 'injection.jailbreak-role-play',
  task: 'injection',
  class: 'jailbreak',
  directions: ['input'],
  severity: 'high',
  taxonomy: 'jailbreak',
  about: 'Role play, personas and modes that claim to be free of all rules.',
  book: parseBook(book),
});
