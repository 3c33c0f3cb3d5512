// Verdicts and severities: a shape, a colour and a word, so that none of the three is needed alone.
import { Inert } from './text.tsx';

/** `would-block` of a policy that observes looks like what it would have been, in outline. */
const TONES: Readonly<Record<string, string>> = {
  allow: 'allow',
  redact: 'redact',
  tokenise: 'redact',
  block: 'block',
  hold: 'redact',
  reroute: 'redact',
  error: 'error',
  record: 'none',
  open: 'none',
  rejected: 'error',
};

const WORDS: Readonly<Record<string, string>> = {
  allow: 'Allowed',
  redact: 'Masked',
  block: 'Blocked',
  error: 'Error',
  record: 'Recorded',
  open: 'Under way',
};

export const toneOf = (verdict: string): string => TONES[verdict.replace(/^would-/, '')] ?? 'none';

export function verdictWord(verdict: string): string {
  if (verdict.startsWith('would-')) return `Would ${verdict.slice(6)}`;
  return WORDS[verdict] ?? verdict;
}

export function Verdict({ verdict }: { readonly verdict: string }) {
  return (
    <span className={`verdict ${verdict.startsWith('would-') ? 'would' : ''}`} data-tone={toneOf(verdict)}>
      <Shape tone={toneOf(verdict)} />
      <Inert text={verdictWord(verdict)} />
    </span>
  );
}

export function Shape({ tone }: { readonly tone: string }) {
  return (
    <svg className="shape" viewBox="0 0 10 10" aria-hidden="true" focusable="false">
      {tone === 'block' && <rect x="1" y="1" width="8" height="8" rx="1.5" fill="currentColor" />}
      {tone === 'redact' && <path d="M5 1.4a3.6 3.6 0 0 1 0 7.2z" fill="currentColor" />}
      {tone === 'redact' && <circle cx="5" cy="5" r="3.5" fill="none" stroke="currentColor" strokeWidth="1.4" />}
      {tone === 'allow' && <circle cx="5" cy="5" r="3.3" fill="none" stroke="currentColor" strokeWidth="1.6" />}
      {tone === 'error' && <path d="M5 1 9.2 8.8H.8z" fill="currentColor" />}
      {tone === 'none' && <path d="M2 5h6" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" />}
    </svg>
  );
}

const STEPS: Readonly<Record<string, number>> = { info: 1, low: 2, medium: 3, high: 4, critical: 5 };

export function Severity({ severity }: { readonly severity: string }) {
  const steps = STEPS[severity] ?? 0;
  return (
    <span className="severity" data-severity={steps === 0 ? 'info' : severity}>
      <svg viewBox="0 0 20 10" aria-hidden="true" focusable="false">
        {[1, 2, 3, 4, 5].map((step) => (
          <rect key={step} x={step * 4 - 4} y={8 - step * 1.5} width="2.6" height={2 + step * 1.5} rx="0.6" data-on={step <= steps} />
        ))}
      </svg>
      <Inert text={severity} />
    </span>
  );
}

/** From 0 to 1. */
export function Score({ score }: { readonly score: number }) {
  return (
    <span className="score" title={`Calibrated confidence ${score.toFixed(3)}`}>
      <svg viewBox="0 0 40 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <rect width="40" height="6" rx="2" className="track" />
        <rect width={Math.max(1.5, 40 * score)} height="6" rx="2" className="fill" />
      </svg>
      <span className="num">{score.toFixed(2)}</span>
    </span>
  );
}
