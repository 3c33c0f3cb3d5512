// The law of the stream, as a function: how a text is cut changes nothing of what is released and found.
import type { Finding } from '../../core/types.ts';
import type { SpanOptions, SpanScanner } from './scanner.ts';
import type { StreamStep } from './piece.ts';

export const OUTPUT: SpanOptions = { direction: 'output', origin: 'model', context: {} };

const mask = (finding: Finding): string => `\u{1F512}${finding.type ?? ''}\u{1F512}`;

/** The whole text with each finding masked. */
export function redactWhole(
  scanner: SpanScanner,
  text: string,
  options: SpanOptions = OUTPUT,
): { readonly text: string; readonly findings: readonly Finding[] } {
  const { findings, state } = scanner.inspect(text, options);
  if (state !== 'looked') throw new Error('the scanner failed');
  let released = '';
  let at = 0;
  for (const finding of findings) {
    released += text.slice(at, finding.start) + mask(finding);
    at = finding.end;
  }
  return { text: released + text.slice(at), findings };
}

/** What a stream releases of the chunks, and the most that it ever held. */
export function redactStream(scanner: SpanScanner, chunks: readonly string[], options: SpanOptions = OUTPUT) {
  const stream = scanner.stream(options);
  let text = '';
  let heldMax = 0;
  const findings: Finding[] = [];
  const take = (step: StreamStep): void => {
    if (step.failed !== undefined) throw new Error('the stream failed');
    for (const piece of step.pieces) {
      if (piece.kind === 'clear') text += piece.text;
      if (piece.kind === 'finding') text += mask(piece.finding);
    }
    findings.push(...step.findings);
  };
  for (const chunk of chunks) {
    take(stream.push(chunk));
    heldMax = Math.max(heldMax, stream.heldUnits);
  }
  take(stream.end());
  return { text, findings, heldMax };
}

/** Text cut at the given offsets. */
export function cutAt(text: string, cuts: readonly number[]): readonly string[] {
  const places = [0, ...[...cuts].sort((a, b) => a - b), text.length];
  return places.slice(1).map((end, index) => text.slice(places[index], end));
}

/** What the decoder of a UTF-8 stream hands on when the bytes arrive in these parts. */
export function cutBytesAt(text: string, cuts: readonly number[]): readonly string[] {
  const bytes = new TextEncoder().encode(text);
  const decoder = new TextDecoder();
  const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  const parts = places.slice(1).map((end, index) => decoder.decode(bytes.subarray(places[index], end), { stream: true }));
  return [...parts, decoder.decode()];
}
