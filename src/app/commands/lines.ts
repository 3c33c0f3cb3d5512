// Lines of a stream of bytes, one at a time, in bounded memory.
import { TextDecoder } from 'node:util';

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Undefined for a line longer than the limit, of which nothing is kept. */
  readonly text: string | undefined;
}

/** Splits at LF and CRLF; empty lines are left out. `unitsMax` bounds what one line may take. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array | string>, unitsMax: number): AsyncGenerator<Line, void, undefined> {
  // Not fatal: a broken byte becomes U+FFFD, and the row that holds it is judged all the same.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: false });
  const splitter = new Splitter(unitsMax);
  for await (const chunk of chunks) {
    yield* splitter.push(typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }));
  }
  yield* splitter.push(`${decoder.decode()}\n`);
}

class Splitter {
  readonly #unitsMax: number;
  #pieces: string[] = [];
  #units = 0;
  #number = 0;

  constructor(unitsMax: number) {
    this.#unitsMax = unitsMax;
  }

  *push(text: string): Generator<Line, void, undefined> {
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.#keep(text.slice(from, end));
      yield* this.#take();
      from = end + 1;
    }
    this.#keep(text.slice(from));
  }

  #keep(piece: string): void {
    this.#units += piece.length;
    if (this.#units > this.#unitsMax) this.#pieces = [];
    else if (piece !== '') this.#pieces.push(piece);
  }

  *#take(): Generator<Line, void, undefined> {
    const isTooLong = this.#units > this.#unitsMax;
    const text = this.#pieces.join('').replace(/\r$/, '');
    this.#pieces = [];
    this.#units = 0;
    this.#number += 1;
    if (isTooLong) yield { number: this.#number, text: undefined };
    else if (text.trim() !== '') yield { number: this.#number, text };
  }
}
