// Every way in which the gateway says no, with its reason and the way out. The documentation page is made from this table.
import { faultMaker, type FaultRow } from '../core/fault.ts';

export const GATEWAY_FAULTS = {
  endpoint_not_guarded: {
    status: 404,
    message: 'No guard covers {method} {path}.',
    fix: 'Use one of the guarded endpoints: /v1/chat/completions, /v1/responses, /v1/completions, /v1/embeddings, /v1/messages, /v1/messages/count_tokens, /v1/models, /v2/models/NAME/infer.',
  },
  method_not_allowed: { status: 405, message: '{path} does not answer {method}.', fix: 'Use {allowed}.' },
  origin_refused: {
    status: 403,
    message: 'The {header} header does not belong to this gateway.',
    fix: 'Call from a server, or list the host under allowedHosts in the configuration.',
  },
  forwarded_malformed: {
    status: 400,
    message: 'The {header} header that a trusted proxy forwarded cannot be read.',
    fix: 'Let the proxy write this header itself, as RFC 7239 says or as a list of addresses, with at most 32 hops.',
  },
  forwarded_contradicts: {
    status: 400,
    message: 'The Forwarded header says something else than {header}.',
    fix: 'Let the proxy set one of them and delete the other, or one of them is whatever a caller sent.',
  },
  content_type_refused: { status: 415, message: 'The request body must be application/json.', fix: 'Send Content-Type: application/json.' },
  content_encoding_refused: {
    status: 415,
    message: 'Compressed request bodies are not read.',
    fix: 'Send the body without Content-Encoding.',
  },
  body_too_large: { status: 413, message: 'The request body is larger than {limit} bytes.', fix: 'Send less, or raise http.bodyBytesMax.' },
  body_timeout: {
    status: 408,
    message: 'The request body did not arrive in time.',
    fix: 'Send the whole body within the time of http.bodyMs.',
  },
  invalid_utf8: { status: 400, message: 'The request body is not valid UTF-8.', fix: 'Encode the body as UTF-8 (RFC 8259 section 8.1).' },
  malformed_json: { status: 400, message: 'The request body is not valid JSON.', fix: 'Send one JSON object.' },
  duplicate_key: {
    status: 400,
    message: 'An object holds the same key twice.',
    fix: 'Send each key once; two readers could read such an object differently.',
  },
  nesting_too_deep: { status: 400, message: 'The JSON is nested deeper than {limit} levels.', fix: 'Flatten the request.' },
  too_many_values: { status: 400, message: 'The JSON holds more than {limit} values.', fix: 'Send a smaller request.' },
  number_out_of_range: { status: 400, message: 'A number cannot be carried exactly.', fix: 'Use finite numbers, and integers below 2^53.' },
  lone_surrogate: { status: 400, message: 'A string holds half of a surrogate pair.', fix: 'Send well-formed Unicode strings.' },
  unknown_field: {
    status: 400,
    message: 'The field at {pointer} is not known to this gateway.',
    fix: 'Remove it, or list it under passFields of the upstream.',
  },
  wrong_type: {
    status: 400,
    message: 'The field at {pointer} must be {expected}.',
    fix: 'Send it as the API reference of this endpoint says.',
  },
  missing_field: { status: 400, message: 'The field at {pointer} is required.', fix: 'Add it.' },
  unsupported_part: {
    status: 400,
    message: 'The part at {pointer} is of a kind that this gateway does not know.',
    fix: 'Send it as text, or leave it out.',
  },
  opaque_reference: {
    status: 400,
    message: 'The field at {pointer} refers to content that no guard has seen.',
    fix: 'Send the content itself in the request.',
  },
  provider_hosted_tool: {
    status: 400,
    message: 'The tool at {pointer} runs at the provider, where no guard sees what it reads and writes.',
    fix: 'Use function tools that your own program runs.',
  },
  media_not_inspected: {
    status: 400,
    message: 'The part at {pointer} is {media} content, and no guard here can look into it.',
    fix: 'Send text, or set policy.media to allow with an author, a reason and an expiry.',
  },
  image_refused: {
    status: 400,
    message: 'The image at {pointer} is refused: {reason}.',
    fix: 'Send a PNG, JPEG, GIF or WebP picture within the limits of docs/images.md, in the request itself.',
  },
  images_need_packages: {
    status: 400,
    message: 'The image at {pointer} cannot be looked into: {missing} is not installed beside this gateway.',
    fix: 'Ask the operator to run "npm install {missing}" there (docs/images.md), or send text.',
  },
  tensor_unknown: {
    status: 400,
    message: 'The tensor at {pointer} is not one of this model, or is there twice.',
    fix: 'Ask GET /v2/models/NAME for the names of its tensors.',
  },
  tensor_missing: { status: 400, message: 'The input "{name}" is required.', fix: 'Add it to inputs.' },
  tensor_type: {
    status: 400,
    message: 'What stands at {pointer} must be {expected}.',
    fix: 'Send the datatype that GET /v2/models/NAME gives for this input, as JSON.',
  },
  tensor_shape: {
    status: 400,
    message: 'What stands at {pointer} must be {expected}.',
    fix: 'Send the shape that GET /v2/models/NAME gives for this input, and as many values.',
  },
  tensor_range: {
    status: 400,
    message: 'The value at {pointer} must be {expected}.',
    fix: 'Send values that the model was made for.',
  },
  batch_too_large: { status: 413, message: 'The request has more than {what}.', fix: 'Send fewer rows at a time.' },
  prediction_invalid: {
    status: 502,
    message: 'The output "{name}" of the model {what}.',
    fix: 'Look at the scoring service, or at the description of the model under predict.models.',
  },
  untranslatable_field: {
    status: 400,
    message: 'The field at {pointer} cannot be carried into the format of the upstream.',
    fix: 'Leave it out, or choose a model whose upstream speaks the format of this endpoint.',
  },
  too_many_turns: { status: 400, message: 'The conversation has more than {limit} turns.', fix: 'Send a shorter history.' },
  no_route: {
    status: 404,
    message: 'No route serves this model on {format}.',
    fix: 'Add a route for it, or choose a model that /v1/models lists.',
  },
  blocked_by_policy: {
    status: 403,
    message: 'The request was blocked by policy {policy}: {classes}.',
    fix: 'Quote the request id to your security team; they can see which rule decided.',
  },
  output_blocked: {
    status: 403,
    message: 'The answer was blocked by policy {policy}: {classes}.',
    fix: 'Quote the request id to your security team; they can see which rule decided.',
  },
  guard_could_not_look: {
    status: 403,
    message: 'A guard could not finish its look ({failure}), and the policy blocks what was not looked at.',
    fix: 'Send a smaller request, or ask the operator to review policy.onFailure.',
  },
  guard_busy: { status: 503, message: 'The guards are at capacity.', fix: 'Try again in a moment.' },
  upstream_unreachable: {
    status: 502,
    message: 'The upstream "{upstream}" cannot be reached.',
    fix: 'Check that it runs and that its url in the configuration is right.',
  },
  upstream_timeout: {
    status: 504,
    message: 'The upstream "{upstream}" did not answer in time.',
    fix: 'Try again, or raise the timeouts of this upstream.',
  },
  upstream_invalid: {
    status: 502,
    message: 'The upstream sent an answer that cannot be read: {what}.',
    fix: 'Check that the kind of this upstream is right.',
  },
  upstream_refused: {
    status: 502,
    message: 'The upstream "{upstream}" refused the request with status {upstreamStatus}.',
    fix: 'Read the record of this request id for details.',
  },
  upstream_rate_limited: {
    status: 429,
    message: 'The upstream "{upstream}" is over its rate limit.',
    fix: 'Wait for the time in Retry-After, or ask the operator for a larger quota at the provider.',
  },
  upstream_failed: {
    status: 502,
    message: 'The upstream "{upstream}" failed with status {upstreamStatus}.',
    fix: 'Try again; if it goes on, look at the upstream.',
  },
  stopped: { status: 503, message: 'Stopped by the kill switch: {scope}.', fix: 'Ask your operator; "sallyport resume" lifts the order.' },
  shutting_down: {
    status: 503,
    message: 'The gateway is shutting down.',
    fix: 'Try again; another replica or the restarted one will answer.',
  },
  client_gone: { status: 499, message: 'The caller went away.', fix: 'Nothing to do.' },
  client_too_slow: { status: 499, message: 'The caller read too slowly.', fix: 'Read the answer as it arrives.' },
  internal: {
    status: 500,
    message: 'The gateway failed on this request.',
    fix: 'Quote the request id to your operator; the log of the gateway names the cause.',
  },
} as const satisfies Readonly<Record<string, FaultRow>>;

export type GatewayFaultCode = keyof typeof GATEWAY_FAULTS;

export const gatewayFault = faultMaker<GatewayFaultCode>(GATEWAY_FAULTS);
