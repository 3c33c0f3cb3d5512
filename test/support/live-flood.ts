// More live events than a gateway sends, made in the page itself, and how well the page keeps painting meanwhile.

/** Milliseconds between frames for five seconds. */
export const FRAME_GAPS = `new Promise((done) => {
  const gaps = [];
  let last = performance.now();
  const end = last + 5000;
  requestAnimationFrame(function tick(now) {
    gaps.push(Math.round((now - last) * 10) / 10);
    last = now;
    if (now < end) requestAnimationFrame(tick);
    else done(gaps);
  });
})`;

/** Runs in the page, in the place of the browser's EventSource. */
export function flood(perSecond: number): void {
  let made = 0;
  class Flood extends EventTarget {
    readyState = 1;
    readonly #begin = performance.now();
    readonly #timer = setInterval(() => this.#send(), 10);
    #send(): void {
      if (made === 0) this.dispatchEvent(new Event('open'));
      const due = ((performance.now() - this.#begin) * perSecond) / 1_000;
      for (; made < due; made++) {
        const verdict = made % 9 === 0 ? 'block' : made % 5 === 0 ? 'redact' : 'allow';
        const row = {
          id: `req_flood${made}`, at: Date.now(), tenant: 'acme', keyId: 'k', model: 'demo', upstream: 'demo', route: null, format: 'openai-chat',
          streamed: true, verdict, because: null, status: 200, findings: 1, topRule: 'pii.numbers', classes: ['personal-data'], inputTokens: 12,
          outputTokens: 34, microUnits: 56, ms: 7, firstByteMs: 3,
        }; // prettier-ignore
        this.dispatchEvent(new MessageEvent('request', { data: JSON.stringify(row) }));
      }
    }
    close(): void {
      clearInterval(this.#timer);
    }
  }
  Object.assign(globalThis, { EventSource: Object.assign(Flood, { CLOSED: 2 }) });
}
