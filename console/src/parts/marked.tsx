// A text with the places that were found in it marked. Places are UTF-16 units, as findings give them.
import { toRuns, type Place } from './runs.ts';
import { Inert } from './text.tsx';

export function Marked({ text, places }: { readonly text: string; readonly places: readonly Place[] }) {
  return toRuns(text, places).map(({ start, text: run, names }) =>
    names.length === 0 ? (
      <Inert key={start} text={run} />
    ) : (
      <mark key={start} title={names.join(', ')}>
        <Inert text={run} />
      </mark>
    ),
  );
}
