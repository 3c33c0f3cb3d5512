// A text cut into runs by the places that were found in it. Places are UTF-16 units, as findings give them.

export interface Place {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

interface Run {
  readonly start: number;
  readonly text: string;
  readonly names: readonly string[];
}

/** Places may overlap: the text is cut wherever one begins or ends. */
export function toRuns(text: string, places: readonly Place[]): readonly Run[] {
  const inside = places.filter(({ start, end }) => start < end && start >= 0 && end <= text.length);
  const cuts = [...new Set([0, text.length, ...inside.flatMap(({ start, end }) => [start, end])])].toSorted((left, right) => left - right);
  return cuts.slice(0, -1).map((start, at) => {
    const end = cuts[at + 1] ?? text.length;
    const names = inside.filter((place) => place.start <= start && place.end >= end).map(({ name }) => name);
    return { start, text: text.slice(start, end), names: [...new Set(names)] };
  });
}
