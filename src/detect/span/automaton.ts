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
  /** Whether a literal that begins a span goes on from here, and if all such need a boundary before them. */
  begins: 'no' | 'after-boundary' | 'anywhere';
  fail: Node | undefined;
  row: number;
}

const newNode = (depth: number): Node => ({ children: new Map(), depth, own: [], begins: 'no', fail: undefined, row: 0 });

const titled = (literal: string): string => literal.slice(0, 1).toUpperCase() + literal.slice(1).toLowerCase();

function spellings(anchor: SpanAnchor): readonly string[] {
  if (anchor.fold !== true) return [anchor.literal];
  return [...new Set([anchor.literal, anchor.literal.toLowerCase(), anchor.literal.toUpperCase(), titled(anchor.literal)])];
}

function insert(root: Node, anchor: Anchor, startsSpan: boolean): void {
  let node = root;
  for (const unit of anchor.literal) {
    let child = node.children.get(unit);
    if (child === undefined) {
      child = newNode(node.depth + 1);
      node.children.set(unit, child);
    }
    if (startsSpan && node.depth > 0) node.begins = anchor.boundary && node.begins !== 'anywhere' ? 'after-boundary' : 'anywhere';
    node = child;
  }
  node.own.push(anchor);
}

function buildTrie(detectors: readonly SpanDetector[]): Node {
  const root = newNode(0);
  for (const detector of detectors) {
    detector.anchors.forEach((anchor, mark) => {
      for (const literal of spellings(anchor)) {
        insert(
          root,
          { detector, mark, literal, boundary: anchor.boundary === true, leading: anchor.leading === true },
          anchor.startsSpan === true,
        );
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
const orNothing = <T>(list: readonly T[]): readonly T[] => (list.length === 0 ? NOTHING : list);

const hitsOf = (node: Node): readonly Anchor[] => orNothing(chain(node).flatMap((each) => each.own));

/** Few are different, and those that are the same are one list. */
const lists = new Map<string, readonly Partial[]>();

function partialsOf(node: Node): readonly Partial[] {
  const partials = chain(node)
    .filter((each) => each.begins !== 'no')
    .map((each) => ({ units: each.depth, boundary: each.begins === 'after-boundary' }));
  if (partials.length === 0) return NOTHING;
  const key = partials.map(({ units, boundary }) => (boundary ? -units : units)).join();
  const known = lists.get(key) ?? partials;
  lists.set(key, known);
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

/** Builds the automaton; done once for a set of detectors. */
export function buildAutomaton(detectors: readonly SpanDetector[]): Automaton {
  const order = linked(buildTrie(detectors));
  const { classOf, units } = classesOf(order);
  const unseenClass = units.length + 1;
  // What an anchor names is looked for, and so it is seen.
  for (const code of UNSEEN) if (classOf[code] === 0) classOf[code] = unseenClass;
  assert(unseenClass <= CLASSES_MAX, 'too many units in anchors for classes of 8 bits');
  const width = unseenClass + 1;
  // Rows with hits come last, so that the scan tells them by one comparison.
  const rows = [...order.filter((node) => hitsOf(node).length === 0), ...order.filter((node) => hitsOf(node).length > 0)];
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
  const firstHit = rows.findIndex((node) => hitsOf(node).length > 0);
  return {
    classOf,
    next,
    firstHit: firstHit < 0 ? rows.length : firstHit,
    width,
    unseen,
    unseenClass,
    hits: rows.map(hitsOf),
    isLeading: Uint8Array.from(rows, (node) => (hitsOf(node).every((anchor) => anchor.leading) ? 1 : 0)),
    partials: rows.map(partialsOf),
  };
}
