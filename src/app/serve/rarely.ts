// Trouble that comes again and again, told now and then.

const QUIET_MS = 10_000;

/** A server that is away would fill the log: the same trouble is told every ten seconds. */
export function rarely(tell: (error: unknown) => void): (error: unknown) => void {
  let untilMs = -Infinity;
  return (error) => {
    const nowMs = performance.now();
    if (nowMs < untilMs) return;
    untilMs = nowMs + QUIET_MS;
    tell(error);
  };
}
