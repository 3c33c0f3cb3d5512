// A policy without rules: what matters where the subject is something else.
export const BARE_POLICY = {
  name: 'p',
  revision: '',
  rules: [],
  onFailure: { input: 'block', output: 'block' },
  media: 'block',
  mode: 'enforce',
} as const;
