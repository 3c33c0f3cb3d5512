// The pages in the order of the menu, with the key that leads to each after g.
import type { IconName } from '../parts/icons.tsx';

export const PAGES = [
  { to: '/live', label: 'Live', icon: 'live', key: 'l', group: 'Watch', about: 'Requests as they happen' },
  { to: '/requests', label: 'Requests', icon: 'requests', key: 'r', group: 'Watch', about: 'Every request, filtered' },
  { to: '/findings', label: 'Findings', icon: 'findings', key: 'f', group: 'Watch', about: 'What was found, by rule and family' },
  { to: '/access', label: 'Keys & budgets', icon: 'keys', key: 'k', group: 'Control', about: 'Who may do how much' },
  { to: '/policy', label: 'Policy', icon: 'policy', key: 'p', group: 'Control', about: 'Rules in force, a draft tried out' },
  { to: '/kill', label: 'Kill switch', icon: 'kill', key: 'x', group: 'Control', about: 'Stop and resume' },
  { to: '/ledger', label: 'Ledger', icon: 'ledger', key: 'e', group: 'Prove', about: 'The record and its proofs' },
  { to: '/playground', label: 'Playground', icon: 'playground', key: 'y', group: 'Try', about: 'What would happen to a text' },
  { to: '/health', label: 'Health', icon: 'health', key: 'h', group: 'Try', about: 'How the gateway is doing' },
  { to: '/welcome', label: 'First steps', icon: 'start', key: 'w', group: 'Try', about: 'From a key to a blocked attack' },
] as const satisfies readonly {
  readonly to: string;
  readonly label: string;
  readonly icon: IconName;
  readonly key: string;
  readonly group: string;
  readonly about: string;
}[];

export const GROUPS = ['Watch', 'Control', 'Prove', 'Try'] as const;
