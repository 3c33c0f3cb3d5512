// Server-sent events as WHATWG HTML section 9.2.6 reads them, with a bound on the size of one event.
import { gatewayFault } from './faults.ts';
import type { SseEvent } from './wire/format.ts';

const LINE_FEED = 0x0a;
const RETURN = 0x0d;

export class SseParser {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  readonly #unitsMax: number;
  #rest = '';
  #scanned = 0;
  #name = '';
  #data: string[] = [];
  #dataUnits = 0;

  /** `unitsMax`: most UTF-16 units that one event may hold. */
  constructor(unitsMax: number) {
    this.#unitsMax = unitsMax;
  }

  /** Takes the next bytes; gives the events that are complete. Throws `upstream_invalid`. */
  push(chunk: Uint8Array): SseEvent[] {
    this.#rest += this.#decode(chunk);
    const events: SseEvent[] = [];
    let lineStart = 0;
    let at = this.#scanned;
    for (; at < this.#rest.length; at++) {
      const code = this.#rest.charCodeAt(at);
      if (code !== LINE_FEED && code !== RETURN) continue;
      // A lone return at the end may be the first half of a CRLF.
      if (code === RETURN && at + 1 === this.#rest.length) break;
      const line = this.#rest.slice(lineStart, at);
      if (code === RETURN && this.#rest.charCodeAt(at + 1) === LINE_FEED) at++;
      lineStart = at + 1;
      const event = this.#line(line);
      if (event !== undefined) events.push(event);
    }
    this.#rest = this.#rest.slice(lineStart);
    this.#scanned = at - lineStart;
    if (this.#rest.length > this.#unitsMax) throw this.#tooLarge();
    return events;
  }

  #decode(chunk: Uint8Array): string {
    try {
      return this.#decoder.decode(chunk, { stream: true });
    } catch (cause) {
      throw gatewayFault('upstream_invalid', { what: 'the stream is not valid UTF-8' }, { cause });
    }
  }

  #line(line: string): SseEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1);
    if (field === 'data') {
      this.#data.push(value);
      this.#dataUnits += value.length + 1;
      if (this.#dataUnits > this.#unitsMax) throw this.#tooLarge();
    } else if (field === 'event') this.#name = value;
    return undefined;
  }

  #dispatch(): SseEvent | undefined {
    const name = this.#name;
    const data = this.#data;
    this.#name = '';
    this.#data = [];
    this.#dataUnits = 0;
    return data.length === 0 ? undefined : { name, data: data.length === 1 ? (data[0] ?? '') : data.join('\n') };
  }

  #tooLarge() {
    return gatewayFault('upstream_invalid', { what: `one event is longer than ${this.#unitsMax} characters` });
  }
}
