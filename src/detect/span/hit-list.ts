// Where a scan came through states with hits: pairs of a state and of the place behind it. Written and read within one step of one
// stream, and so shared by all: a list of its own for each would be most of the garbage of a text full of anchors.
const KEPT_NUMBERS = 65_536;
const FIRST_NUMBERS = 1_024;

let numbers = new Int32Array(FIRST_NUMBERS);

/** Room for as many units with a hit each; what stood there is lost. */
export function hitList(units: number): Int32Array {
  if (units * 2 > numbers.length) numbers = new Int32Array(Math.max(units * 2, numbers.length * 2));
  return numbers;
}

/** What one long step needed is not kept for ever. */
export function releaseHitList(): void {
  if (numbers.length > KEPT_NUMBERS) numbers = new Int32Array(FIRST_NUMBERS);
}
