// What stands in the place of text that was taken out.
import type { Finding } from '../core/types.ts';

/** Names the kind of what was there, never a part of it. */
export function maskFor(finding: Finding): string {
  return `[${(finding.type ?? finding.class).toUpperCase().replaceAll('-', '_')}]`;
}

/** Replaces each span; where two overlap, all that either covers is replaced. Offsets are UTF-16 units of `text`. */
export function maskSpans(text: string, findings: readonly Finding[]): string {
  let out = '';
  let at = 0;
  for (const finding of [...findings].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (finding.start < at && finding.end <= at) continue;
    out += text.slice(at, Math.max(at, finding.start)) + maskFor(finding);
    at = finding.end;
  }
  return out + text.slice(at);
}
