// One tensor against what its operator said of it. The first thing that is wrong is told by its place, never by its value.
import type { Json } from '../../core/types.ts';
import type { Datatype, TensorSpec } from './model.ts';

export interface TensorTrouble {
  readonly kind: 'type' | 'shape' | 'range';
  /** Below the tensor. */
  readonly pointer: string;
  readonly what: string;
}

export type TensorData = (string | number | boolean)[];

/** How much of a whole number JSON carries exactly. */
const EXACT = Number.MAX_SAFE_INTEGER;

const RANGES: Readonly<Record<Exclude<Datatype, 'BOOL' | 'BYTES'>, readonly [number, number, boolean]>> = {
  UINT8: [0, 2 ** 8 - 1, true],
  UINT16: [0, 2 ** 16 - 1, true],
  UINT32: [0, 2 ** 32 - 1, true],
  UINT64: [0, EXACT, true],
  INT8: [-(2 ** 7), 2 ** 7 - 1, true],
  INT16: [-(2 ** 15), 2 ** 15 - 1, true],
  INT32: [-(2 ** 31), 2 ** 31 - 1, true],
  INT64: [-EXACT, EXACT, true],
  FP32: [-3.4028234663852886e38, 3.4028234663852886e38, false],
  FP64: [-Number.MAX_VALUE, Number.MAX_VALUE, false],
};

/** Reads a shape that fits the description. */
export function readShape(spec: TensorSpec, shape: Json | undefined): readonly number[] | TensorTrouble {
  const trouble = (pointer: string, what: string): TensorTrouble => ({ kind: 'shape', pointer: `/shape${pointer}`, what });
  if (!Array.isArray(shape)) return trouble('', 'a list of sizes');
  if (shape.length !== spec.shape.length) return trouble('', `a list of ${spec.shape.length} sizes`);
  const sizes: number[] = [];
  for (const [at, size] of shape.entries()) {
    const wanted = spec.shape[at] ?? -1;
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 1) return trouble(`/${at}`, 'a whole number above 0');
    if (wanted !== -1 && size !== wanted) return trouble(`/${at}`, String(wanted));
    sizes.push(size);
  }
  return sizes;
}

/** The values in one list, row by row, whether they came so or nested; or what is wrong with them. */
export function readData(spec: TensorSpec, shape: readonly number[], data: Json | undefined): TensorData | TensorTrouble {
  const count = shape.reduce((product, size) => product * size, 1);
  if (!Array.isArray(data)) return { kind: 'type', pointer: '/data', what: 'a list of values' };
  const isNested = shape.length > 1 && Array.isArray(data[0]);
  const values: TensorData = [];
  const wrong = isNested ? flatten(data, { shape, spec, values, pointer: '/data' }) : take(data, { spec, values, pointer: '/data' });
  if (wrong !== undefined) return wrong;
  return values.length === count ? values : { kind: 'shape', pointer: '/data', what: `${count} values, as its shape says` };
}

interface Taking {
  readonly spec: TensorSpec;
  readonly values: TensorData;
  readonly pointer: string;
}

function flatten(rows: readonly Json[], { shape, ...at }: Taking & { readonly shape: readonly number[] }): TensorTrouble | undefined {
  const [size = 0, ...rest] = shape;
  if (rows.length !== size) return { kind: 'shape', pointer: at.pointer, what: `${size} rows, as its shape says` };
  if (rest.length === 0) return take(rows, at);
  for (const [index, row] of rows.entries()) {
    const pointer = `${at.pointer}/${index}`;
    if (!Array.isArray(row)) return { kind: 'shape', pointer, what: 'a list, as its shape says' };
    const wrong = flatten(row, { ...at, shape: rest, pointer });
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function take(row: readonly Json[], { spec, values, pointer }: Taking): TensorTrouble | undefined {
  for (const [index, value] of row.entries()) {
    const wrong = judgeValue(spec, value);
    if (wrong !== undefined) return { ...wrong, pointer: `${pointer}/${index}` };
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') values.push(value);
  }
  return undefined;
}

type Wrong = Pick<TensorTrouble, 'kind' | 'what'>;

const type = (what: string): Wrong => ({ kind: 'type', what });
const range = (what: string): Wrong => ({ kind: 'range', what });

function judgeValue(spec: TensorSpec, value: Json): Wrong | undefined {
  const wrong = judgeType(spec, value);
  if (wrong !== undefined) return wrong;
  if (spec.values === undefined || (value !== null && typeof value !== 'object' && spec.values.has(value))) return undefined;
  return range('one of the values that the model knows');
}

function judgeType(spec: TensorSpec, value: Json): Wrong | undefined {
  if (spec.datatype === 'BOOL') return typeof value === 'boolean' ? undefined : type('true or false');
  if (spec.datatype !== 'BYTES') return typeof value === 'number' ? judgeNumber(spec, spec.datatype, value) : type('a number');
  if (typeof value !== 'string') return type('a string');
  const { lengthMax = Infinity } = spec;
  return value.length <= lengthMax ? undefined : range(`at most ${lengthMax} characters`);
}

function judgeNumber({ min = -Infinity, max = Infinity }: TensorSpec, datatype: keyof typeof RANGES, value: number): Wrong | undefined {
  const [least, largest, isWhole] = RANGES[datatype];
  if (isWhole && !Number.isInteger(value)) return type('a whole number');
  // Not finite is neither: JSON cannot say it, and parsers that let it through exist.
  if (!(value >= least && value <= largest)) return type(`a number of type ${datatype}`);
  if (value < min) return range(`at least ${min}`);
  return value > max ? range(`at most ${max}`) : undefined;
}
