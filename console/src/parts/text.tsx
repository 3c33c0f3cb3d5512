// Text as text: whatever somebody wrote, nothing of it acts, and nothing of it hides.
import { toClock, toAgo, toFullTime } from './format.ts';
import { toPieces } from './unseen.ts';
import { useNow } from './use-now.ts';

/** A word from outside, isolated from the direction of the text around it, with unseen characters shown by their code. */
export function Inert({ text, mono = false }: { readonly text: string; readonly mono?: boolean }) {
  const pieces = toPieces(text);
  return (
    <bdi className={mono ? 'inert mono' : 'inert'}>
      {pieces.map((piece, at) =>
        piece.code === undefined ? (
          // oxlint-disable-next-line react/no-array-index-key -- pieces of one text have no other name
          <span key={at}>{piece.text}</span>
        ) : (
          // oxlint-disable-next-line react/no-array-index-key -- the same
          <span key={at} className="unseen" title={piece.name}>
            {piece.code}
          </span>
        ),
      )}
    </bdi>
  );
}

/** How long ago, kept up to date; the title has it exactly. */
export function Ago({ at }: { readonly at: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={toFullTime(at)}>
      {toAgo(at, now)}
    </time>
  );
}

export function Clock({ at }: { readonly at: number }) {
  return (
    <time className="num" dateTime={new Date(at).toISOString()} title={toFullTime(at)}>
      {toClock(at, Date.now())}
    </time>
  );
}
