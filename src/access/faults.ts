// Why a caller is refused, with the status that client libraries expect and the way out.
import { faultMaker, type FaultRow } from '../core/fault.ts';

/** Closed list of this room's faults. */
export const ACCESS_FAULTS = {
  missing_key: { status: 401, message: 'No API key was sent.', fix: 'Send the key as "Authorization: Bearer sp_…" or as "x-api-key".' },
  mistyped_key: {
    status: 401,
    message: 'The API key is mistyped or cut off: its checksum does not fit.',
    fix: 'Copy the whole key again, from sp_ to its last character.',
  },
  invalid_key: {
    status: 401,
    message: 'The API key is not known here.',
    fix: 'Use a key of this gateway (not of the upstream); `sallyport keys create` makes one.',
  },
  key_expired: { status: 401, message: 'The API key {id} has expired.', fix: 'Ask the operator for a new key.' },
  key_revoked: { status: 401, message: 'The API key {id} was revoked.', fix: 'Ask the operator for a new key.' },
  too_many_failed_keys: {
    status: 429,
    message: 'Too many keys from this address have failed: more than {limit} in a minute.',
    fix: 'Mend the client that sends a wrong key, then wait for the time in Retry-After. Behind a proxy, list it under http.trustedProxies.',
  },
  tenant_suspended: { status: 403, message: 'Tenant {tenant} is suspended.', fix: 'Ask the operator to activate the tenant again.' },
  wrong_plane: {
    status: 403,
    message: 'Key {id} has the role {role}, which does not open this door.',
    fix: 'Callers use keys with the role caller; the admin plane takes operator, approver and auditor keys.',
  },
  role_required: { status: 403, message: 'Key {id} has the role {role}, but this needs {needed}.', fix: 'Use a key with that role.' },
  other_tenant: {
    status: 403,
    message: 'Key {id} is bound to its own tenant and cannot act on {tenant}.',
    fix: 'Use a key of that tenant, or one with global scope.',
  },
  model_not_allowed: {
    status: 403,
    message: 'Key {id} may not use the model {model}.',
    fix: 'Use one of the models of this key, or ask the operator to allow this one.',
  },
  stopped_by_order: {
    status: 503,
    message: 'Stopped by order {sequence} on {scope}.',
    fix: 'Ask the operator, who finds the reason under this number; only an operator can lift it: `sallyport resume`.',
  },
  stopped_unreadable: {
    status: 503,
    message: 'Everything is stopped because the kill orders cannot be trusted.',
    fix: 'Ask the operator: `sallyport kill --status` says why, and `sallyport resume --rebuild` begins a new record.',
  },
  rate_limited: {
    status: 429,
    message: 'Key {id} is over its limit of {limit} requests a minute.',
    fix: 'Wait for the time in Retry-After, or ask for a higher limit.',
  },
  too_many_concurrent: {
    status: 429,
    message: '{who} has {limit} requests in flight already, which is its limit.',
    fix: 'Wait until one has ended, or ask for a higher limit.',
  },
  budget_exceeded: {
    status: 429,
    message: 'The {period} budget of {who} has {left} {unit} left, and this request may need {bound}.',
    fix: 'Lower max_tokens or shorten the prompt; the budget starts anew at {resetsAt}.',
  },
  counters_lost: {
    status: 503,
    message: 'The {what} that all replicas share cannot be asked for, and this installation refuses rather than count alone.',
    fix: 'Try again after the time in Retry-After. Operators: /readyz and the log say what is down; replicas.onCounterLoss decides.',
  },
  overloaded: { status: 503, message: 'The gateway is shedding load: {reason}.', fix: 'Try again after the time in Retry-After.' },
  attack_shed: {
    status: 503,
    message: 'Requests of {who} are turned away for now, because most of its recent ones were blocked.',
    fix: 'Stop the client that sends them; service returns by itself after the time in Retry-After.',
  },
  upstream_resting: {
    status: 503,
    message: 'Upstream {upstream} failed {failures} times in a row and is given a rest.',
    fix: 'Try again after the time in Retry-After; look at the upstream if this goes on.',
  },
  key_not_found: { status: 404, message: 'There is no key {id}.', fix: '`sallyport keys list` shows the ids.' },
  tenant_not_found: { status: 404, message: 'There is no tenant {tenant}.', fix: '`sallyport keys create --tenant` makes it.' },
  tenant_name_refused: {
    status: 400,
    message: 'A tenant name has 1 to 64 lower-case letters, digits, dots, dashes or underscores, and starts with a letter or digit.',
    fix: 'Choose such a name.',
  },
  limits_refused: {
    status: 400,
    message: 'The limits are refused: {reason}.',
    fix: 'Give whole numbers that are not negative, and model names as text.',
  },
  tier_unknown: {
    status: 500,
    message: 'The tier {tier} is not in the configuration, so that the limits of this key are not known.',
    fix: 'Add the tier under `limits.tiers`, or give the key or tenant another one.',
  },
  expiry_refused: {
    status: 400,
    message: 'An accepted finding expires in the future, and within {days} days.',
    fix: 'Choose an earlier or later end; accept it again when that has come.',
  },
  acceptance_not_found: {
    status: 404,
    message: 'There is no accepted finding {id} in force.',
    fix: '`sallyport findings --accepted` shows the ids.',
  },
  preset_key_weak: {
    status: 400,
    message: 'The preset admin key has {length} characters, fewer than {needed}.',
    fix: 'Set SALLYPORT_ADMIN_KEY to at least {needed} random characters, or leave it unset to have one made.',
  },
  reason_required: { status: 400, message: 'A {what} needs a reason of 1 to {max} characters.', fix: 'Say why; the record keeps it.' },
  kill_order_refused: {
    status: 400,
    message: 'The order is refused: {reason}.',
    fix: 'Name the scope, and the subject unless the scope is everything.',
  },
  kill_order_not_durable: {
    status: 503,
    message: 'The order is in force in this process, but it could not be written: {reason}.',
    fix: 'Repair the kill folder and order again, or stop the process: a restart would forget this order.',
  },
  kill_orders_untrusted: {
    status: 409,
    message: 'No order can be added while the kill orders cannot be trusted: {reason}.',
    fix: 'Everything is stopped already; run `sallyport resume --rebuild` with a reason to start a new record.',
  },
} as const satisfies Record<string, FaultRow>;

export type AccessFaultCode = keyof typeof ACCESS_FAULTS;

export const accessFault = faultMaker<AccessFaultCode>(ACCESS_FAULTS);
