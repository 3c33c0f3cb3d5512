// Which lines two texts share, in order: what somebody reads before a change.

export interface DiffLine {
  readonly kind: 'same' | 'add' | 'remove';
  readonly text: string;
}

/** Lines of the changed middle of either text; beyond, the middle is shown as replaced. Its table has the square of this. */
const MIDDLE_MAX = 1_500;

/** Longest common subsequence of lines, with what both texts begin and end with set aside. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < old.length && head < fresh.length && old[head] === fresh[head]) head++;
  let tail = 0;
  while (tail < old.length - head && tail < fresh.length - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail++;
  const middle = middleOf(old.slice(head, old.length - tail), fresh.slice(head, fresh.length - tail));
  return [...same(old.slice(0, head)), ...middle, ...same(old.slice(old.length - tail))];
}

const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

const same = (lines: readonly string[]): readonly DiffLine[] => lines.map((text) => ({ kind: 'same', text }));

function middleOf(old: readonly string[], fresh: readonly string[]): readonly DiffLine[] {
  if (Math.max(old.length, fresh.length) > MIDDLE_MAX || Math.min(old.length, fresh.length) === 0) return replaced(old, fresh);
  const sharedFrom = sharedTable(old, fresh);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length && j < fresh.length) {
    const [before = '', after = ''] = [old[i], fresh[j]];
    if (before === after) {
      lines.push({ kind: 'same', text: before });
      i++;
      j++;
    } else if (sharedFrom(i + 1, j) >= sharedFrom(i, j + 1)) {
      lines.push({ kind: 'remove', text: before });
      i++;
    } else {
      lines.push({ kind: 'add', text: after });
      j++;
    }
  }
  return [...lines, ...replaced(old.slice(i), fresh.slice(j))];
}

/** How many lines what follows line i of the old and line j of the fresh text have in common, in order. */
function sharedTable(old: readonly string[], fresh: readonly string[]): (i: number, j: number) => number {
  const width = fresh.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = fresh.length - 1; j >= 0; j--)
      lengths[i * width + j] = old[i] === fresh[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  return at;
}

const replaced = (old: readonly string[], fresh: readonly string[]): readonly DiffLine[] => [
  ...old.map((text) => ({ kind: 'remove', text }) as const),
  ...fresh.map((text) => ({ kind: 'add', text }) as const),
];
