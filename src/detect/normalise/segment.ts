// Cuts letters that run together into words of a small vocabulary: a shortest path over word costs, along a trie.
import vocabulary from './vocabulary.json' with { type: 'json' };

const LETTERS = 26;
/** What a letter costs that belongs to no word. */
const STRAY_COST = 9;
/** "a" and "I" cost extra, or noise would be cut into them. */
const SINGLE_COST = 2;
/** Share of letters that must fall into words of three letters and more, or the cut is noise. */
const WORDY_SHARE = 0.5;
/** Letters judged at a time: one wordy part is enough, however much noise stands around it. */
const PART_UNITS = 400;

/** Un-leeted text cannot tell l from i, so both walk the same branch; the more common word wins. */
const I = 8;
const branchOf = (unit: number): number => (unit === 108 ? I : unit - 97);

interface Lexicon {
  /** Child of node n by letter c at n × 26 + c; 0 = none. */
  readonly child: Uint16Array;
  /** Rank of the word that ends at a node, from 1; 0 = none. */
  readonly rank: Uint16Array;
  /** What a word costs, by rank. */
  readonly cost: Float64Array;
  readonly words: readonly string[];
}

let lexicon: Lexicon | undefined;

/** Built on first use: most texts never need it. */
function lexiconOf(): Lexicon {
  if (lexicon !== undefined) return lexicon;
  const words = vocabulary.words.split(' ');
  const nodesMax = words.reduce((sum, word) => sum + word.length, 1);
  const child = new Uint16Array(nodesMax * LETTERS);
  const rank = new Uint16Array(nodesMax);
  let nodes = 1;
  for (const [index, word] of words.entries()) {
    let node = 0;
    for (let at = 0; at < word.length; at += 1) {
      const branch = node * LETTERS + branchOf(word.charCodeAt(at));
      if (child[branch] === 0) {
        child[branch] = nodes;
        nodes += 1;
      }
      node = child[branch] ?? 0;
    }
    if (rank[node] === 0) rank[node] = index + 1;
  }
  const cost = Float64Array.from(
    { length: words.length + 1 },
    (_, rankOf) => Math.log(rankOf + 9) - 0.5 + (words[rankOf - 1]?.length === 1 ? SINGLE_COST : 0),
  );
  lexicon = { child: child.slice(0, nodes * LETTERS), rank: rank.slice(0, nodes), cost, words };
  return lexicon;
}

/** The words, blank-separated, or nothing if no part of the text is words. Linear; takes ASCII letters only. */
export function segment(letters: string): string | undefined {
  const text = letters.toLowerCase();
  if (text.length <= PART_UNITS) return segmentPart(text);
  const parts: string[] = [];
  let hasWords = false;
  for (let at = 0; at < text.length; at += PART_UNITS) {
    const part = text.slice(at, at + PART_UNITS);
    const words = segmentPart(part);
    hasWords ||= words !== undefined;
    parts.push(words ?? part);
  }
  return hasWords ? parts.join(' ') : undefined;
}

function segmentPart(text: string): string | undefined {
  const { words } = lexiconOf();
  const { from, rank } = cheapestPath(text);
  const cut: string[] = [];
  let wordy = 0;
  for (let end = text.length; end > 0; end = from[end] ?? 0) {
    const start = from[end] ?? 0;
    const word = words[(rank[end] ?? 0) - 1];
    if (word !== undefined && word.length > 2) wordy += word.length;
    cut.push(word ?? text.slice(start, end));
  }
  return wordy >= text.length * WORDY_SHARE ? cut.toReversed().join(' ') : undefined;
}

/** For each end: where its last word begins, and the word's rank (0 = a stray letter). */
function cheapestPath(text: string): { readonly from: Int32Array; readonly rank: Uint16Array } {
  const { child, rank: rankOf, cost: costOf } = lexiconOf();
  const cost = new Float64Array(text.length + 1).fill(Number.POSITIVE_INFINITY);
  const from = new Int32Array(text.length + 1);
  const rank = new Uint16Array(text.length + 1);
  cost[0] = 0;
  for (let start = 0; start < text.length; start += 1) {
    const before = cost[start] ?? 0;
    if (before + STRAY_COST < (cost[start + 1] ?? 0)) {
      cost[start + 1] = before + STRAY_COST;
      from[start + 1] = start;
      rank[start + 1] = 0;
    }
    let node = 0;
    for (let at = start; at < text.length; at += 1) {
      node = child[node * LETTERS + branchOf(text.charCodeAt(at))] ?? 0;
      if (node === 0) break;
      const found = rankOf[node] ?? 0;
      const total = before + (costOf[found] ?? 0);
      if (found > 0 && total < (cost[at + 1] ?? 0)) {
        cost[at + 1] = total;
        from[at + 1] = start;
        rank[at + 1] = found;
      }
    }
  }
  return { from, rank };
}
