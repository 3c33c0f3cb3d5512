// A predictive model as its operator describes it: what goes in, what comes out, and how much of it.
import type { Route } from '../routes.ts';

/** Datatypes of tensors: Open Inference Protocol v2, “Tensor Data Types”. FP16 and BF16 have no exact JSON, and are left out. */
export type Datatype = 'BOOL' | 'UINT8' | 'UINT16' | 'UINT32' | 'UINT64' | 'INT8' | 'INT16' | 'INT32' | 'INT64' | 'FP32' | 'FP64' | 'BYTES';

export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  /** -1 stands for any size. */
  readonly shape: readonly number[];
  /** Least and largest value that a number may have. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** All values that there are. */
  readonly values?: ReadonlySet<string | number | boolean> | undefined;
  /** Most UTF-16 units of one text. */
  readonly lengthMax?: number | undefined;
}

export interface InputSpec extends TensorSpec {
  readonly isOptional: boolean;
}

export interface OutputSpec extends TensorSpec {
  /** Decimals that are given away: exact scores help whoever copies a model (ATLAS AML.T0024). */
  readonly decimals?: number | undefined;
}

export interface PredictModel {
  readonly name: string;
  /** The versions that may be asked by name; empty: none. */
  readonly versions: ReadonlySet<string>;
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly OutputSpec[];
  /** Rows of one request. */
  readonly batchMax: number;
  /** Values of one request, over all tensors. */
  readonly valuesMax: number;
  /** Upstream, policy and price: a request counts as one token. */
  readonly route: Route;
}

export type PredictModels = ReadonlyMap<string, PredictModel>;
