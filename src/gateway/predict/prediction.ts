// The answer of a scoring service: Open Inference Protocol v2, “Inference Response JSON Object”. What its operator did not describe is
// dropped, what is not as described is no prediction, and scores are rounded.
import type { Json, JsonObject } from '../../core/types.ts';
import { gatewayFault } from '../faults.ts';
import { isObject } from '../wire/json-shape.ts';
import { isLabel } from '../wire/label.ts';
import type { OutputSpec, PredictModel } from './model.ts';
import { readData, readShape, type TensorData } from './tensor.ts';

export interface Prediction {
  readonly body: JsonObject;
  /** Lists in it that hold texts which nobody has judged yet. */
  readonly texts: readonly TensorData[];
}

/** `asked`: names of the outputs that the caller wants; all where there are none. Throws `prediction_invalid`. */
export function readPrediction(answer: JsonObject, model: PredictModel, asked: ReadonlySet<string>): Prediction {
  const given = Array.isArray(answer['outputs']) ? answer['outputs'].filter(isObject) : [];
  const texts: TensorData[] = [];
  const outputs = model.outputs
    .filter(({ name }) => asked.size === 0 || asked.has(name))
    .map((spec) => {
      const found = given.filter(({ name }) => name === spec.name);
      const [output] = found;
      if (output === undefined || found.length > 1) throw invalid(spec, 'is not there once');
      return readOutput(spec, output, texts);
    });
  const version = answer['model_version'];
  const id = answer['id'];
  return {
    body: {
      model_name: model.name,
      ...(typeof version === 'string' && isLabel(version) ? { model_version: version } : {}),
      ...(typeof id === 'string' && isLabel(id) ? { id } : {}),
      outputs,
    },
    texts,
  };
}

const invalid = ({ name }: OutputSpec, what: string) => gatewayFault('prediction_invalid', { name, what });

function readOutput(spec: OutputSpec, output: JsonObject, texts: TensorData[]): Json {
  if (output['datatype'] !== spec.datatype) throw invalid(spec, `is not of type ${spec.datatype}`);
  const shape = readShape(spec, output['shape']);
  if (!Array.isArray(shape)) throw invalid(spec, 'has another shape');
  const data = readData(spec, shape, output['data']);
  if (!Array.isArray(data)) throw invalid(spec, `is not ${data.what} at ${data.pointer}`);
  if (spec.datatype === 'BYTES' && spec.values === undefined) texts.push(data);
  const { decimals } = spec;
  const rounded = decimals === undefined ? data : data.map((value) => (typeof value === 'number' ? roundTo(value, decimals) : value));
  // The list that was noted is the one that is sent.
  if (rounded !== data) data.splice(0, data.length, ...rounded);
  return { name: spec.name, shape: [...shape], datatype: spec.datatype, data };
}

/** Half away from zero, as people round; what is too large to have such decimals stays as it is. */
export function roundTo(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  const scaled = Math.abs(value) * scale;
  if (scaled > Number.MAX_SAFE_INTEGER) return value;
  // 1.005 is a little less than it looks; the nudge is less than any decimal that is kept.
  const rounded = Math.round(scaled * (1 + Number.EPSILON)) / scale;
  return value < 0 && rounded !== 0 ? -rounded : rounded;
}
