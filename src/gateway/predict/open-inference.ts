// The Open Inference Protocol v2 as a wire format: https://github.com/kserve/open-inference-protocol
import type { Fault } from '../../core/fault.ts';
import type { JsonObject } from '../../core/types.ts';
import { object } from '../wire/shape.ts';
import type { WireFormat } from '../wire/format.ts';
import type { PredictModel } from './model.ts';

/** A request counts as one token: so budgets of money and of tokens hold for requests. */
const ONE_REQUEST = { inputTokens: 1, outputTokens: 0 } as const;

/** The `error` that the protocol asks for, and beside it what our other formats say too. */
export const inferenceError = (fault: Fault, requestId: string): JsonObject => ({
  error: `${fault.message} ${fault.fix} (request ${requestId})`,
  code: fault.code,
  ...(fault.pointer === undefined ? {} : { pointer: fault.pointer }),
  request_id: requestId,
});

/** The format of one model: its name stands in the path. Bodies are read by `inference-request.ts` and `prediction.ts`. */
export const openInference = ({ name }: PredictModel, version: string | undefined): WireFormat => ({
  id: 'open-inference',
  path: `/v2/models/${name}${version === undefined ? '' : `/versions/${version}`}/infer`,
  provider: 'openai',
  request: object({}),
  response: object({}),
  demand: () => ({ outputTokensMax: 0, choices: 1, inputTokens: ONE_REQUEST.inputTokens }),
  prepare() {},
  usage: () => ONE_REQUEST,
  instruct() {},
  error: inferenceError,
});
