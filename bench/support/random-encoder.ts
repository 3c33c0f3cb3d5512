// A transformer encoder with weights of chance: it judges nothing, and costs what a trained one of its size costs.
import {
  field,
  FLOAT,
  floats,
  INT64,
  joined,
  modelBytes,
  node,
  tensor,
  value,
  wholeNumber,
  wholeNumbers,
} from '../../src/lens/models/onnx-bytes.fixture.ts';

export interface EncoderSize {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
}

/** Few words: looking up a row costs the same in a large table. */
const WORDS = 1_000;
const OPERATORS = 17;

const whole = (values: readonly number[]): Uint8Array => new Uint8Array(BigInt64Array.from(values, BigInt).buffer);

export function randomEncoder({ layers, width, heads }: EncoderSize): Uint8Array {
  const nodes: Uint8Array[] = [];
  const weights: Uint8Array[] = [];
  const matrix = (name: string, rows: number, columns: number): string => {
    const values = Array.from({ length: rows * columns }, (_, at) => Math.sin(at * 12.9898 + name.length) / Math.sqrt(rows));
    weights.push(field(5, tensor(name, FLOAT, [rows, columns], floats(values))));
    return name;
  };
  const add = (operator: string, inputs: readonly string[], output: string, attributes: readonly Uint8Array[] = []): string => {
    nodes.push(field(1, node(operator, inputs, output, attributes)));
    return output;
  };
  const constant = (name: string, numbers: readonly number[]): string => {
    weights.push(field(5, tensor(name, INT64, [numbers.length], whole(numbers))));
    return name;
  };
  weights.push(field(5, tensor('ones', FLOAT, [width], floats(Array.from({ length: width }, () => 1)))));
  weights.push(field(5, tensor('zeros', FLOAT, [width], floats(Array.from({ length: width }, () => 0)))));
  const apart = constant('apart', [0, 0, heads, width / heads]);
  const together = constant('together', [0, 0, width]);
  const normal = (input: string, output: string): string =>
    add('LayerNormalization', [input, 'ones', 'zeros'], output, [wholeNumber('axis', -1)]);
  const project = (input: string, name: string, rows = width, columns = width): string =>
    add('MatMul', [input, matrix(`${name}.w`, rows, columns)], name);
  const head = (input: string, name: string, order: readonly number[]): string =>
    add('Transpose', [add('Reshape', [project(input, name), apart], `${name}.apart`)], `${name}.head`, [wholeNumbers('perm', order)]);
  let x = add('Gather', [matrix('words', WORDS, width), 'input_ids'], 'x');
  for (let layer = 0; layer < layers; layer += 1) {
    const at = `l${layer}`;
    const scores = add('MatMul', [head(x, `${at}.q`, [0, 2, 1, 3]), head(x, `${at}.k`, [0, 2, 3, 1])], `${at}.scores`);
    const shares = add('Softmax', [scores], `${at}.shares`, [wholeNumber('axis', -1)]);
    const seen = add('MatMul', [shares, head(x, `${at}.v`, [0, 2, 1, 3])], `${at}.seen`);
    const back = add('Reshape', [add('Transpose', [seen], `${at}.back`, [wholeNumbers('perm', [0, 2, 1, 3])]), together], `${at}.together`);
    x = normal(add('Add', [x, project(back, `${at}.o`)], `${at}.sum`), `${at}.attended`);
    const wide = add('Relu', [project(x, `${at}.up`, width, 4 * width)], `${at}.wide`);
    x = normal(add('Add', [x, project(wide, `${at}.down`, 4 * width, width)], `${at}.sum2`), `${at}.out`);
  }
  const pooled = add('ReduceMean', [x], 'pooled', [wholeNumbers('axes', [1]), wholeNumber('keepdims', 0)]);
  add('MatMul', [pooled, matrix('classes', width, 2)], 'logits');
  return modelBytes(
    joined([
      ...nodes,
      field(2, 'random'),
      ...weights,
      field(11, value('input_ids', INT64, ['batch', 'length'])),
      field(12, value('logits', FLOAT, ['batch', 2])),
    ]),
    OPERATORS,
  );
}
