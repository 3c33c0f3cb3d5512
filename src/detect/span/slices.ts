// A long text looked at slice by slice, so that whoever looks can let others run between two of them.
import type { Report } from '../../core/types.ts';
import type { StreamStep } from './piece.ts';
import type { SpanOptions, SpanScanner } from './scanner.ts';

export interface SliceOptions extends SpanOptions {
  /** UTF-16 units of one slice. */
  readonly units: number;
}

/** Yields after each slice; gives what the look at the whole would. */
export function* spansInSlices(
  scanner: Pick<SpanScanner, 'stream'>,
  text: string,
  { units, ...options }: SliceOptions,
): Generator<undefined, Report> {
  const stream = scanner.stream({ ...options, isForFindings: true });
  const steps: StreamStep[] = [];
  for (let at = 0; at < text.length; at += units) {
    steps.push(stream.push(text.slice(at, at + units)));
    yield;
  }
  steps.push(stream.end());
  const findings = steps.flatMap((step) => step.findings);
  const code = steps.find(({ failed }) => failed !== undefined)?.failed;
  return code === undefined ? { state: 'looked', findings } : { state: 'failed', code, findings };
}
