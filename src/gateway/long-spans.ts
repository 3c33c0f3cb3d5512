// A long text is read slice by slice, and gives the loop back between slices, so that nobody else waits for it.
import type { Report } from '../core/types.ts';
import { spansInSlices } from '../detect/span/slices.ts';
import type { SpanScanner } from '../detect/span/scanner.ts';
import type { Look } from './guards.ts';

export interface LongText {
  readonly text: string;
  readonly look: Look;
  /** UTF-16 units of a slice. */
  readonly units: number;
  readonly yieldLoop: () => Promise<void>;
}

export async function longSpans(spans: SpanScanner, { text, look, units, yieldLoop }: LongText): Promise<Report> {
  const slices = spansInSlices(spans, text, { ...look, units });
  for (;;) {
    const { done, value } = slices.next();
    if (done === true) return value;
    await yieldLoop();
  }
}
