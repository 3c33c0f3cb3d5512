// The four answers of a span detector, so that a detector's code says what it means.
import type { SpanAnswer, SpanMatch } from '../detector.ts';

export const NONE: SpanAnswer = { state: 'none' };

export const match = (found: SpanMatch): SpanAnswer => ({ state: 'match', match: found });

export const committed = (found: SpanMatch): SpanAnswer => ({ state: 'committed', match: found });

export const live = (start: number): SpanAnswer => ({ state: 'live', start });
