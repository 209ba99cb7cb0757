/** Places for nodes that have none: layers from left to right, the same each time.
 *
 *  What is wired together is laid out as a block.  A wire leads to a later layer than it comes from,
 *  but for those that close a circle, which are left out when layers are counted.  Within a layer
 *  each node stands as near as it can to what it is wired to; of two that could change places, the
 *  one that comes first in the file stands higher.  Long wires keep a lane free between nodes.
 *  A block that is wired to nodes with a place stands beside them; all others stand below. */

export type Place = [number, number];

export interface Sized {
  id: string;
  width: number;
  height: number;
}

export interface Wire {
  from: string;
  to: string;
}

/** Every place is on it, in pixels. */
export const GRID = 20;

const MARGIN = 40; // before the first, in pixels
const BETWEEN_LAYERS = 80;
const BETWEEN_BLOCKS = 40;
const LANE = 2 * GRID; // what a long wire takes of a layer that it only passes
const LANE_WEIGHT = 8; // so much more than a node it keeps its height: a long wire is straight
const LANES_PER_NODE = 3; // more would cost more than they show
const SWEEPS = 4;
const LEAST_SHELF = 1200; // blocks beside each other, until they are as wide as that

/** Something in a layer: a node, or the lane of a long wire (its `node` is -1). */
interface Slot {
  node: number;
  layer: number;
  width: number;
  height: number; // with the space below it, in whole grids
  middle: number; // how far below its top wires meet it
  before: number[];
  after: number[];
  y: number;
}

interface Block {
  /** Its nodes, and where they stand in it. */
  at: Map<number, Place>;
  width: number;
  height: number;
}

/** Return a place for every node that `fixed` has none for; no node overlaps another.
 *
 *  Wires to or from nodes that are not there count for nothing, as do places of such nodes. */
export function arrange(
  nodes: readonly Sized[], wires: readonly Wire[], fixed: ReadonlyMap<string, Place>,
): Map<string, Place> {
  const number = new Map(nodes.map((node, at) => [node.id, at]));
  const ends = new Map<string, [number, number]>();
  for (const { from, to } of wires) {
    const [a, b] = [number.get(from), number.get(to)];
    if (a !== undefined && b !== undefined && a !== b) ends.set(`${a} ${b}`, [a, b]);
  }
  const links = [...ends.values()].sort(([a, b], [c, d]) => a - c || b - d);
  const places = nodes.map((node) => fixed.get(node.id));
  const taken = new Taken(nodes, places);
  const alone: Block[] = [];
  for (const [part, inside] of parts(nodes.length, links, places)) {
    const block = laidOut(nodes, part, inside);
    const beside = besideOf(nodes, links, places, block);
    if (beside) taken.put(block, ...beside);
    else alone.push(block);
  }
  shelve(alone, taken);
  return new Map([...taken.given].sort(([a], [b]) => a - b).map(([at, place]) => [nodes[at]!.id, place]));
}

/** Return each set of nodes without a place that hangs together, with the wires within it. */
function parts(
  count: number, links: readonly Place[], places: readonly (Place | undefined)[],
): Map<number[], Place[]> {
  const inner = links.filter(([a, b]) => !places[a] && !places[b]);
  const root = Array.from({ length: count }, (_, at) => at);
  const rootOf = (at: number): number => {
    while (root[at] !== at) at = root[at] = root[root[at]!]!;
    return at;
  };
  for (const [a, b] of inner) {
    const [one, other] = [rootOf(a), rootOf(b)];
    root[Math.max(one, other)] = Math.min(one, other);
  }
  const found = new Map<number, [number[], Place[]]>();
  for (let at = 0; at < count; at++) {
    if (places[at]) continue;
    const first = rootOf(at); // the lowest of them, so that parts are in the order of the file
    if (first === at) found.set(first, [[], []]);
    found.get(first)![0].push(at);
  }
  for (const link of inner) found.get(rootOf(link[0]))![1].push(link);
  return new Map(found.values());
}

function laidOut(nodes: readonly Sized[], part: readonly number[], links: readonly Place[]): Block {
  const ahead = withoutCircles(part, links);
  const slots = slotsOf(nodes, part, ahead, layersOf(part, ahead));
  const layers: Slot[][] = [];
  for (const slot of slots) (layers[slot.layer] ??= []).push(slot);
  for (const layer of layers) stack(layer, layer.map(() => 0));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const back = sweep % 2 === 1;
    for (const layer of back ? layers.toReversed() : layers) order(layer, slots, back ? "after" : "before");
  }
  for (const layer of layers.toReversed()) stack(layer, layer.map((slot) => wished(slot, slots, "both")));
  for (const layer of layers) stack(layer, layer.map((slot) => wished(slot, slots, "both")));
  return blockOf(nodes, layers);
}

/** Return the wires but those that close a circle, seen from what nothing leads to. */
function withoutCircles(part: readonly number[], links: readonly Place[]): Place[] {
  const after = new Map<number, number[]>(part.map((at) => [at, []]));
  const fed = new Set<number>();
  for (const [a, b] of links) {
    after.get(a)!.push(b);
    fed.add(b);
  }
  const kept: Place[] = [];
  const state = new Map<number, "open" | "done">();
  for (const start of [...part.filter((at) => !fed.has(at)), ...part]) {
    if (state.has(start)) continue;
    const way: [number, number][] = [[start, 0]]; // where it is, and which of its wires is next
    state.set(start, "open");
    while (way.length) {
      const here = way.at(-1)!;
      const [at, next] = here;
      const to = after.get(at)![next];
      if (to === undefined) {
        state.set(at, "done");
        way.pop();
        continue;
      }
      here[1]++;
      if (state.get(to) === "open") continue;
      kept.push([at, to]);
      if (!state.has(to)) {
        state.set(to, "open");
        way.push([to, 0]);
      }
    }
  }
  return kept;
}

/** Return the layer of each node: one more than the highest that leads to it. */
function layersOf(part: readonly number[], links: readonly Place[]): Map<number, number> {
  const layer = new Map(part.map((at) => [at, 0]));
  const waiting = new Map(part.map((at) => [at, 0]));
  const after = new Map<number, number[]>(part.map((at) => [at, []]));
  for (const [a, b] of links) {
    after.get(a)!.push(b);
    waiting.set(b, waiting.get(b)! + 1);
  }
  const sources = part.filter((at) => !waiting.get(at));
  const ready = [...sources];
  for (const at of ready) {
    for (const to of after.get(at)!) {
      layer.set(to, Math.max(layer.get(to)!, layer.get(at)! + 1));
      waiting.set(to, waiting.get(to)! - 1);
      if (!waiting.get(to)) ready.push(to);
    }
  }
  for (const at of sources) {
    // What nothing leads to stands just before what it leads to first.
    const next = after.get(at)!.reduce((least, to) => Math.min(least, layer.get(to)!), Infinity);
    if (next !== Infinity) layer.set(at, next - 1);
  }
  return layer;
}

/** Return what stands in the layers: the nodes in the order of the file, then lanes of long wires. */
function slotsOf(
  nodes: readonly Sized[], part: readonly number[], links: readonly Place[],
  layer: ReadonlyMap<number, number>,
): Slot[] {
  const slots: Slot[] = part.map((at) => {
    const { width, height } = nodes[at]!;
    return { node: at, layer: layer.get(at)!, width, height: onGrid(height) + GRID, middle: height / 2, before: [], after: [], y: 0 };
  });
  const slotOf = new Map(part.map((at, slot) => [at, slot]));
  let lanes = part.length * LANES_PER_NODE;
  const join = (a: number, b: number): void => {
    slots[a]!.after.push(b);
    slots[b]!.before.push(a);
  };
  for (const [from, to] of links) {
    let last = slotOf.get(from)!;
    const between = layer.get(to)! - layer.get(from)! - 1;
    if (between <= lanes) {
      lanes -= between;
      for (let at = layer.get(from)! + 1; at < layer.get(to)!; at++) {
        slots.push({ node: -1, layer: at, width: 0, height: LANE, middle: LANE / 2, before: [], after: [], y: 0 });
        join(last, slots.length - 1);
        last = slots.length - 1;
      }
    }
    join(last, slotOf.get(to)!);
  }
  return slots;
}

/** Put a layer in the order in which its neighbours on one side stand. */
function order(layer: Slot[], slots: readonly Slot[], side: "before" | "after"): void {
  const found = layer.map((slot, at) => ({ slot, at, y: wished(slot, slots, side) }));
  found.sort((a, b) => a.y - b.y || a.at - b.at);
  found.forEach(({ slot }, at) => (layer[at] = slot));
  stack(layer, found.map(({ y }) => y));
}

/** Return where the top of something would stand level with the middle one of its neighbours. */
function wished(slot: Slot, slots: readonly Slot[], side: "before" | "after" | "both"): number {
  const near = side === "both" ? [...slot.before, ...slot.after] : slot[side];
  if (!near.length) return slot.y;
  const middles = near.flatMap((at) => {
    const { node, y, middle } = slots[at]!;
    return node < 0 ? [y + middle, y + middle] : [y + middle]; // a long wire counts twice
  }).sort((a, b) => a - b);
  const half = (middles.length - 1) / 2;
  return (middles[Math.floor(half)]! + middles[Math.ceil(half)]!) / 2 - slot.middle;
}

/** Give a layer places in its order, none over another, as near to the wished ones as can be.
 *
 *  Neighbours that come too close are joined, and stand around what they wish for together. */
function stack(layer: readonly Slot[], wishes: readonly number[]): void {
  const joined: { sum: number; weight: number; count: number }[] = [];
  let above = 0;
  for (const [at, slot] of layer.entries()) {
    const weight = slot.node < 0 ? LANE_WEIGHT : 1;
    let last = { sum: weight * (wishes[at]! - above), weight, count: 1 };
    above += slot.height;
    for (let near = joined.at(-1); near && near.sum / near.weight >= last.sum / last.weight; near = joined.at(-1)) {
      joined.pop();
      last = { sum: near.sum + last.sum, weight: near.weight + last.weight, count: near.count + last.count };
    }
    joined.push(last);
  }
  let [at, y] = [0, 0];
  for (const { sum, weight, count } of joined) {
    const top = Math.round(sum / weight / GRID) * GRID;
    for (const end = at + count; at < end; at++) {
      layer[at]!.y = top + y;
      y += layer[at]!.height;
    }
  }
}

function blockOf(nodes: readonly Sized[], layers: readonly (readonly Slot[])[]): Block {
  const real = layers.map((layer) => layer.filter((slot) => slot.node >= 0));
  const top = real.flat().reduce((least, slot) => Math.min(least, slot.y), Infinity);
  const at = new Map<number, Place>();
  let [x, width, height] = [0, 0, 0];
  for (const layer of real) {
    let widest = 0;
    for (const slot of layer) {
      at.set(slot.node, [x, slot.y - top]);
      widest = Math.max(widest, slot.width);
      height = Math.max(height, slot.y - top + nodes[slot.node]!.height);
    }
    width = x + widest;
    x += onGrid(widest) + BETWEEN_LAYERS;
  }
  return { at, width, height };
}

/** Return where a block stands beside the nodes with a place that it is wired to, if there are any.
 *
 *  It is right of all that lead to it, or else left of what it leads to, and as high as these. */
function besideOf(
  nodes: readonly Sized[], links: readonly Place[], places: readonly (Place | undefined)[], block: Block,
): Place | undefined {
  let [right, left, sum, count] = [-Infinity, Infinity, 0, 0];
  for (const [a, b] of links) {
    const [from, to] = [places[a], places[b]];
    const [mineFrom, mineTo] = [block.at.get(a), block.at.get(b)];
    if (from && mineTo) {
      right = Math.max(right, from[0] + nodes[a]!.width + BETWEEN_LAYERS - mineTo[0]);
      sum += from[1] - mineTo[1];
    } else if (to && mineFrom) {
      left = Math.min(left, to[0] - BETWEEN_LAYERS - nodes[a]!.width - mineFrom[0]);
      sum += to[1] - mineFrom[1];
    } else continue;
    count++;
  }
  if (!count) return undefined;
  const x = right > -Infinity ? onGrid(right) : Math.floor(left / GRID) * GRID;
  return [Math.max(x, MARGIN), Math.max(Math.round(sum / count / GRID) * GRID, MARGIN)];
}

/** Put blocks beside each other below all that has a place, in rows that end before they are wide. */
function shelve(blocks: readonly Block[], taken: Taken): void {
  const area = blocks.reduce((sum, { width, height }) => sum + (width + BETWEEN_BLOCKS) * (height + BETWEEN_BLOCKS), 0);
  const wide = blocks.reduce((most, { width }) => Math.max(most, width), Math.max(LEAST_SHELF, 1.5 * Math.sqrt(area)));
  let [x, y, next] = [MARGIN, taken.below(), 0];
  for (const block of blocks) {
    if (x > MARGIN && x + block.width > MARGIN + wide) [x, y] = [MARGIN, next];
    taken.put(block, x, y);
    x = onGrid(x + block.width + BETWEEN_BLOCKS);
    next = Math.max(next, onGrid(y + block.height + BETWEEN_BLOCKS));
  }
}

/** What stands where, found by the squares of the canvas that it touches. */
class Taken {
  /** The places that were given, by the number of the node. */
  readonly given = new Map<number, Place>();
  private readonly squares = new Map<string, [number, number, number, number][]>();
  private bottom = -Infinity;

  constructor(private readonly nodes: readonly Sized[], places: readonly (Place | undefined)[]) {
    places.forEach((place, at) => place && this.take(at, place));
  }

  /** Return the first line below everything. */
  below(): number {
    return Math.max(MARGIN, onGrid(this.bottom + BETWEEN_BLOCKS));
  }

  /** Put a block where it is asked for, or as little lower as it fits. */
  put(block: Block, x: number, y: number): void {
    for (let lower = this.over(block, x, y); lower > 0; lower = this.over(block, x, y)) y += lower;
    for (const [at, [dx, dy]] of block.at) {
      this.take(at, [x + dx, y + dy]);
      this.given.set(at, [x + dx, y + dy]);
    }
  }

  /** Return how much lower a block has to stand at least; 0 where it fits. */
  private over(block: Block, x: number, y: number): number {
    let most = 0;
    for (const [at, [dx, dy]] of block.at) {
      const { width, height } = this.nodes[at]!;
      const [left, top] = [x + dx - GRID, y + dy - GRID]; // some space around it
      const [right, bottom] = [x + dx + width + GRID, y + dy + height + GRID];
      for (const square of squaresOf(left, top, right, bottom)) {
        for (const [l, t, r, b] of this.squares.get(square) ?? []) {
          if (l < right && r > left && t < bottom && b > top) most = Math.max(most, onGrid(b - top));
        }
      }
    }
    return most;
  }

  private take(at: number, [x, y]: Place): void {
    const { width, height } = this.nodes[at]!;
    const box: [number, number, number, number] = [x, y, x + width, y + height];
    for (const square of squaresOf(...box)) {
      const there = this.squares.get(square);
      if (there) there.push(box);
      else this.squares.set(square, [box]);
    }
    this.bottom = Math.max(this.bottom, y + height);
  }
}

function* squaresOf(left: number, top: number, right: number, bottom: number): Iterable<string> {
  for (let x = Math.floor(left / 256); x <= Math.floor(right / 256); x++) {
    for (let y = Math.floor(top / 256); y <= Math.floor(bottom / 256); y++) yield `${x} ${y}`;
  }
}

function onGrid(length: number): number {
  return Math.ceil(length / GRID) * GRID;
}
