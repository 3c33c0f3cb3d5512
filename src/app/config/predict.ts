// From the configuration of predictive models to what the gateway takes.
import type { InputSpec, OutputSpec, PredictModel, PredictModels, TensorSpec } from '../../gateway/predict/model.ts';
import { toLegPrice } from '../../gateway/leg-price.ts';
import type { Upstream } from '../../gateway/routes.ts';
import type { Policy } from '../../policy/policy.ts';
import { appFault } from '../faults.ts';
import type { PredictConfig } from './predict-schema.ts';

type ModelConfig = PredictConfig['models'][string];
type TensorConfig = ModelConfig['inputs'][number] | ModelConfig['outputs'][number];

const MICRO = 1_000_000;

/** Faults: `upstream_unknown`, `upstream_wrong_kind`, `tensor_misdescribed`. */
export function compilePredict(config: PredictConfig, upstreams: ReadonlyMap<string, Upstream>, policy: Policy): PredictModels {
  return new Map(Object.entries(config.models).map(([name, model]) => [name, compileModel(name, model, { upstreams, policy })]));
}

function compileModel(
  name: string,
  config: ModelConfig,
  { upstreams, policy }: { readonly upstreams: ReadonlyMap<string, Upstream>; readonly policy: Policy },
): PredictModel {
  const upstream = upstreams.get(config.upstream);
  if (upstream === undefined) throw appFault('upstream_unknown', { upstream: config.upstream });
  if (upstream.kind !== 'open-inference') throw appFault('upstream_wrong_kind', { upstream: config.upstream, model: name });
  assertDescribed(name, [config.inputs, config.outputs]);
  // A request counts as one token, so the price of a request is that of a million tokens in millionths.
  const price = toLegPrice({ input: config.price * MICRO, output: 0 });
  return {
    name,
    versions: new Set(config.versions),
    inputs: config.inputs.map((input): InputSpec => ({ ...specOf(input), isOptional: input.optional })),
    outputs: config.outputs.map((output): OutputSpec => ({ ...specOf(output), decimals: output.decimals })),
    batchMax: config.batch,
    valuesMax: config.valuesMax,
    route: { models: name, upstream, envelope: 'off', blockAs: 'error', policy, price },
  };
}

const specOf = ({ name, datatype, shape, min, max, values, maxLength }: TensorConfig): TensorSpec => ({
  name,
  datatype,
  shape,
  min,
  max,
  values: values === undefined ? undefined : new Set(values),
  lengthMax: maxLength,
});

/** What nothing would enforce is a mistake: two of one name, limits of the wrong kind, a range that is empty. */
function assertDescribed(model: string, lists: readonly (readonly TensorConfig[])[]): void {
  for (const list of lists) {
    const names = new Set<string>();
    for (const tensor of list) {
      const what = names.has(tensor.name) ? 'is described twice' : mistakeIn(tensor);
      if (what !== undefined) throw appFault('tensor_misdescribed', { model, tensor: tensor.name, what });
      names.add(tensor.name);
    }
  }
}

function mistakeIn(tensor: TensorConfig): string | undefined {
  const { datatype, shape, min, max, maxLength } = tensor;
  const isNumber = datatype !== 'BOOL' && datatype !== 'BYTES';
  if (!isNumber && (min ?? max) !== undefined) return 'has a range and is no number';
  if ((min ?? -Infinity) > (max ?? Infinity)) return 'has a least value above its largest';
  if (datatype !== 'BYTES' && maxLength !== undefined) return 'has a length and is no text';
  if (shape.includes(0)) return 'has a size of 0';
  return roundingMistakeIn(tensor);
}

function roundingMistakeIn(tensor: TensorConfig): string | undefined {
  const { datatype } = tensor;
  return 'decimals' in tensor && tensor.decimals !== undefined && !datatype.startsWith('FP')
    ? 'is rounded and is no FP32 or FP64'
    : undefined;
}
