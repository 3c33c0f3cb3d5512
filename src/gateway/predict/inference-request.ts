// The body of an inference request: Open Inference Protocol v2, “Inference Request JSON Object”. What goes upstream is written anew from
// what was checked.
import type { Json, JsonObject } from '../../core/types.ts';
import { gatewayFault } from '../faults.ts';
import { isObject } from '../wire/json-shape.ts';
import { isLabel, isPlainWord } from '../wire/label.ts';
import type { Holder, Reading, TextPart } from '../wire/walk.ts';
import type { InputSpec, PredictModel } from './model.ts';
import { readData, readShape, type TensorData, type TensorTrouble } from './tensor.ts';

export interface InferenceRequest {
  /** As the upstream is to read it; texts in it are rewritten where the policy says so. */
  readonly body: JsonObject;
  /** The texts in it, for the guards. */
  readonly reading: Reading;
}

const MEMBERS: ReadonlySet<string> = new Set(['id', 'inputs', 'outputs']);
const INPUT_MEMBERS: ReadonlySet<string> = new Set(['name', 'shape', 'datatype', 'data']);

const CODES = { type: 'tensor_type', shape: 'tensor_shape', range: 'tensor_range' } as const;

function wrong(pointer: string, { kind, pointer: below, what }: TensorTrouble) {
  const place = pointer + below;
  return gatewayFault(CODES[kind], { pointer: place, expected: what }, { pointer: place });
}

/** Throws the gateway's faults with a pointer. */
export function readInference(json: JsonObject, model: PredictModel): InferenceRequest {
  assertMembers(json, MEMBERS, '');
  const body: JsonObject = {};
  const id = json['id'] === undefined ? undefined : labelAt(json['id'], '/id');
  if (id !== undefined) body['id'] = id;
  const given = json['inputs'];
  if (!Array.isArray(given)) throw gatewayFault('missing_field', { pointer: '/inputs' }, { pointer: '/inputs' });
  const reader = new InputReader(model);
  // A form alone cannot tell an id from a secret.
  if (id !== undefined && !isPlainWord(id)) reader.note(id, '/id', { object: body, at: 'id' });
  const inputs = given.map((input, at) => reader.read(input, `/inputs/${at}`));
  reader.assertComplete();
  body['inputs'] = inputs;
  if (json['outputs'] !== undefined) body['outputs'] = wantedOutputs(json['outputs'], model);
  return { body, reading: { turns: reader.parts.length === 0 ? [] : [{ origin: 'user', parts: reader.parts }], media: [] } };
}

class InputReader {
  readonly parts: TextPart[] = [];
  readonly #model: PredictModel;
  readonly #seen = new Set<string>();
  #batch: number | undefined;
  #values = 0;

  constructor(model: PredictModel) {
    this.#model = model;
  }

  read(input: Json, pointer: string): Json {
    if (!isObject(input)) throw gatewayFault('wrong_type', { pointer, expected: 'an object' }, { pointer });
    // Parameters point to shared memory and binary data, which no guard here has seen.
    assertMembers(input, INPUT_MEMBERS, pointer);
    const spec = this.#specOf(input, pointer);
    if (input['datatype'] !== spec.datatype) throw wrong(pointer, { kind: 'type', pointer: '/datatype', what: spec.datatype });
    const shape = readShape(spec, input['shape']);
    if (!isShape(shape)) throw wrong(pointer, shape);
    this.#assertSize(spec, shape, pointer);
    const data = readData(spec, shape, input['data']);
    if (!Array.isArray(data)) throw wrong(pointer, data);
    if (spec.datatype === 'BYTES' && spec.values === undefined) this.#noteAll(data, `${pointer}/data`);
    return { name: spec.name, shape: [...shape], datatype: spec.datatype, data };
  }

  /** Throws `tensor_missing`. */
  assertComplete(): void {
    const missing = this.#model.inputs.find(({ name, isOptional }) => !isOptional && !this.#seen.has(name));
    if (missing !== undefined) throw gatewayFault('tensor_missing', { name: missing.name }, { pointer: '/inputs' });
  }

  #specOf(input: JsonObject, pointer: string): InputSpec {
    const name = input['name'];
    const spec = this.#model.inputs.find((one) => one.name === name);
    const at = `${pointer}/name`;
    if (spec === undefined || this.#seen.has(spec.name)) throw gatewayFault('tensor_unknown', { pointer: at }, { pointer: at });
    this.#seen.add(spec.name);
    return spec;
  }

  /** Rows are counted where the description leaves the first size open; they must be the same in all tensors. */
  #assertSize(spec: InputSpec, shape: readonly number[], pointer: string): void {
    const at = `${pointer}/shape`;
    const { batchMax, valuesMax } = this.#model;
    this.#values += shape.reduce((product, size) => product * size, 1);
    if (this.#values > valuesMax) throw gatewayFault('batch_too_large', { what: `${valuesMax} values` }, { pointer: at });
    if (spec.shape[0] !== -1) return;
    const rows = shape[0] ?? 1;
    if (rows > batchMax) throw gatewayFault('batch_too_large', { what: `${batchMax} rows` }, { pointer: at });
    if ((this.#batch ??= rows) !== rows)
      throw wrong(pointer, { kind: 'shape', pointer: '/shape/0', what: `${this.#batch}, as in the inputs before` });
  }

  note(text: string, pointer: string, holder: Holder): void {
    this.parts.push({ kind: 'text', pointer, origin: 'user', channel: 'content', text, holder });
  }

  #noteAll(data: TensorData, pointer: string): void {
    for (const [index, text] of data.entries()) {
      if (typeof text === 'string' && text !== '') this.note(text, `${pointer}/${index}`, { list: data, at: index });
    }
  }
}

const isShape = (read: readonly number[] | TensorTrouble): read is readonly number[] => Array.isArray(read);

function wantedOutputs(outputs: Json, model: PredictModel): Json {
  if (!Array.isArray(outputs)) throw gatewayFault('wrong_type', { pointer: '/outputs', expected: 'a list' }, { pointer: '/outputs' });
  return outputs.map((output, at) => {
    const pointer = `/outputs/${at}`;
    if (!isObject(output)) throw gatewayFault('wrong_type', { pointer, expected: 'an object' }, { pointer });
    assertMembers(output, new Set(['name']), pointer);
    const spec = model.outputs.find(({ name }) => name === output['name']);
    if (spec === undefined) throw gatewayFault('tensor_unknown', { pointer: `${pointer}/name` }, { pointer: `${pointer}/name` });
    return { name: spec.name };
  });
}

function assertMembers(object: JsonObject, known: ReadonlySet<string>, pointer: string): void {
  const stranger = Object.keys(object).find((name) => !known.has(name));
  if (stranger === undefined) return;
  const at = `${pointer}/${stranger.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  throw gatewayFault('unknown_field', { pointer: at }, { pointer: at });
}

function labelAt(value: Json, pointer: string): string {
  if (typeof value === 'string' && isLabel(value)) return value;
  throw gatewayFault('wrong_type', { pointer, expected: 'a short identifier' }, { pointer });
}
