// Finds all anchors of all detectors in one pass: the automaton of Aho and Corasick (CACM 18(6), 1975) as one flat table.
import assert from 'node:assert/strict';
import type { SpanAnchor, SpanDetector } from '../detector.ts';
import { UNSEEN } from './unseen.ts';

/** One literal of one detector. */
export interface Anchor {
  readonly detector: SpanDetector;
  /** Index into `detector.anchors`. */
  readonly mark: number;
  readonly literal: string;
  readonly boundary: boolean;
  readonly leading: boolean;
}

/** A suffix of what was read so far that begins a literal which begins a span. */
interface Partial {
  readonly units: number;
  readonly boundary: boolean;
}

/** A state at or beyond `firstHit` is the end of one anchor at least. */
export interface Automaton {
  readonly classOf: Uint8Array;
  /** The next state at `state * width + class`. */
  readonly next: Uint16Array;
  readonly firstHit: number;
  readonly width: number;
  /** The state behind each unit that is not drawn, and their class. A hit as well, so that the scan tells it without another comparison. */
  readonly unseen: number;
  readonly unseenClass: number;
  /** By state: anchors that end here, longest first. */
  readonly hits: readonly (readonly Anchor[])[];
  /** By state: 1 where all anchors that end here are `leading`. */
  readonly isLeading: Uint8Array;
  /** By state: longest first. */
  readonly partials: readonly (readonly Partial[])[];
}

interface Node {
  readonly children: Map<string, Node>;
  readonly depth: number;
  readonly own: Anchor[];
  /** By choice: whether a literal that begins a span goes on from here, and if all such need a boundary before them. */
  readonly begins: ('no' | 'after-boundary' | 'anywhere')[];
  fail: Node | undefined;
  row: number;
}

const newNode = (depth: number, choices: number): Node => ({
  children: new Map(),
  depth,
  own: [],
  begins: Array.from({ length: choices }, () => 'no'),
  fail: undefined,
  row: 0,
});

/** Detectors that look together. */
type Choice = ReadonlySet<SpanDetector>;

const titled = (literal: string): string => literal.slice(0, 1).toUpperCase() + literal.slice(1).toLowerCase();

function spellings(anchor: SpanAnchor): readonly string[] {
  if (anchor.fold !== true) return [anchor.literal];
  return [...new Set([anchor.literal, anchor.literal.toLowerCase(), anchor.literal.toUpperCase(), titled(anchor.literal)])];
}

/** `spans`: the choices for which the literal begins a span. */
function insert(root: Node, anchor: Anchor, spans: readonly number[]): void {
  let node = root;
  for (const unit of anchor.literal) {
    let child = node.children.get(unit);
    if (child === undefined) {
      child = newNode(node.depth + 1, root.begins.length);
      node.children.set(unit, child);
    }
    if (node.depth > 0)
      for (const choice of spans)
        node.begins[choice] = anchor.boundary && node.begins[choice] !== 'anywhere' ? 'after-boundary' : 'anywhere';
    node = child;
  }
  node.own.push(anchor);
}

function buildTrie(detectors: readonly SpanDetector[], choices: readonly Choice[]): Node {
  const root = newNode(0, choices.length);
  for (const detector of detectors) {
    const own = [...choices.keys()].filter((choice) => choices[choice]?.has(detector) === true);
    if (own.length === 0) continue;
    detector.anchors.forEach((anchor, mark) => {
      for (const literal of spellings(anchor)) {
        const { boundary = false, leading = false } = anchor;
        insert(root, { detector, mark, literal, boundary, leading }, anchor.startsSpan === true ? own : []);
      }
    });
  }
  return root;
}

/** All nodes, nearest to the root first, each with its link to the longest proper suffix that is also a node. */
function linked(root: Node): readonly Node[] {
  const order: Node[] = [root];
  for (const node of order) {
    for (const [unit, child] of node.children) {
      let fail = node.fail;
      while (fail !== undefined && !fail.children.has(unit)) fail = fail.fail;
      child.fail = fail?.children.get(unit) ?? root;
      order.push(child);
    }
  }
  return order;
}

function chain(node: Node): readonly Node[] {
  const nodes: Node[] = [];
  for (let at: Node | undefined = node; at !== undefined; at = at.fail) nodes.push(at);
  return nodes;
}

/** Most states have nothing to say, and share one empty list. */
const NOTHING: readonly never[] = [];
const hasHits = (node: Node): boolean => chain(node).some(({ own }) => own.length > 0);

/** What ends at each node, longest first. Where nothing is added, it is the list of the shorter suffix itself. */
function hitsFor(order: readonly Node[], choice: Choice): ReadonlyMap<Node, readonly Anchor[]> {
  const lists = new Map<Node, readonly Anchor[]>();
  for (const node of order) {
    const own = node.own.every(({ detector }) => choice.has(detector)) ? node.own : node.own.filter(({ detector }) => choice.has(detector));
    const shorter = (node.fail === undefined ? undefined : lists.get(node.fail)) ?? NOTHING;
    lists.set(node, own.length === 0 ? shorter : shorter.length === 0 ? own : [...own, ...shorter]);
  }
  return lists;
}

/** Few are different, and those that are the same are one list. */
const partialLists = new Map<string, readonly Partial[]>();

function partialsOf(node: Node, choice: number): readonly Partial[] {
  const partials = chain(node)
    .filter((each) => each.begins[choice] !== 'no')
    .map((each) => ({ units: each.depth, boundary: each.begins[choice] === 'after-boundary' }));
  if (partials.length === 0) return NOTHING;
  const key = partials.map(({ units, boundary }) => (boundary ? -units : units)).join();
  const known = partialLists.get(key) ?? partials;
  partialLists.set(key, known);
  return known;
}

/** States are numbers of 16 bits: the table of all rows is the largest thing that an idle gateway holds. */
const STATES_MAX = 65_536;
const CLASSES_MAX = 255;

function classesOf(nodes: readonly Node[]): { readonly classOf: Uint8Array; readonly units: readonly string[] } {
  const classOf = new Uint8Array(65_536);
  const units: string[] = [];
  for (const node of nodes) {
    for (const unit of node.children.keys()) {
      const code = unit.charCodeAt(0);
      if (classOf[code] !== 0) continue;
      units.push(unit);
      classOf[code] = units.length;
    }
  }
  return { classOf, units };
}

/** Builds one automaton for each choice among detectors, all with one table, which is by far the largest part. */
export function buildAutomata(detectors: readonly SpanDetector[], choices: readonly Choice[]): readonly Automaton[] {
  const order = linked(buildTrie(detectors, choices));
  const { classOf, units } = classesOf(order);
  const unseenClass = units.length + 1;
  // What an anchor of any choice names is looked for, and so it is seen.
  for (const code of UNSEEN) if (classOf[code] === 0) classOf[code] = unseenClass;
  assert(unseenClass <= CLASSES_MAX, 'too many units in anchors for classes of 8 bits');
  const width = unseenClass + 1;
  // Rows with hits come last, so that the scan tells them by one comparison.
  const rows = [...order.filter((node) => !hasHits(node)), ...order.filter(hasHits)];
  const unseen = rows.length;
  assert(unseen < STATES_MAX, 'too many anchors for states of 16 bits');
  rows.forEach((node, index) => (node.row = index));
  const next = new Uint16Array(rows.length * width);
  // In breadth-first order, so that the row of the fail link is complete before it is copied.
  for (const node of order) {
    const at = node.row * width;
    if (node.fail !== undefined) next.copyWithin(at, node.fail.row * width, (node.fail.row + 1) * width);
    for (const [unit, child] of node.children) next[at + (classOf[unit.charCodeAt(0)] ?? 0)] = child.row;
    next[at + unseenClass] = unseen;
  }
  const firstHit = rows.findIndex(hasHits);
  const table = { classOf, next, firstHit: firstHit < 0 ? rows.length : firstHit, width, unseen, unseenClass };
  return choices.map((choice, index) => {
    const lists = hitsFor(order, choice);
    const hits = rows.map((node) => lists.get(node) ?? NOTHING);
    return {
      ...table,
      hits,
      isLeading: Uint8Array.from(hits, (anchors) => (anchors.every((anchor) => anchor.leading) ? 1 : 0)),
      partials: rows.map((node) => partialsOf(node, index)),
    };
  });
}
