// What can go wrong around the rooms: configuration, start, command line.
import { faultMaker, type FaultRow } from '../core/fault.ts';

export const APP_FAULTS = {
  config_unreadable: { status: 500, message: 'The configuration {path} cannot be read.', fix: 'Check the path and its permissions.' },
  config_invalid: {
    status: 400,
    message: 'The configuration is not valid:\n  {problems}',
    fix: 'Mend the lines named; "sallyport init" writes a working file.',
  },
  secret_missing: {
    status: 500,
    message: 'The secret {reference} is not there.',
    fix: 'Set the environment variable or make the file, then try again.',
  },
  auth_none_beyond_loopback: {
    status: 500,
    message: 'auth: none on {listen} would let everybody in.',
    fix: 'Listen on 127.0.0.1, or use keys.',
  },
  admin_without_tls: {
    status: 500,
    message: 'The admin plane on {listen} is reachable from other machines and has no TLS.',
    fix: 'Set admin.tls, or listen on 127.0.0.1.',
  },
  address_invalid: { status: 500, message: 'The address "{listen}" is not host:port.', fix: 'Write it like 127.0.0.1:8787 or [::1]:8787.' },
  address_taken: {
    status: 500,
    message: 'The address {listen} cannot be listened on ({reason}).',
    fix: 'Stop what uses it, or choose another with --port.',
  },
  corpus_missing: {
    status: 500,
    message: 'There is no corpus "{name}" in the data directory.',
    fix: 'Make it with "sallyport corpus add", or take its name out of the policy.',
  },
  corpus_damaged: {
    status: 500,
    message: 'The corpus "{name}" is damaged, or was made by another version.',
    fix: 'Make it anew with "sallyport corpus add".',
  },
  corpus_too_large: {
    status: 400,
    message: 'The files of "{name}" hold {bytes} bytes, more than one corpus takes.',
    fix: 'Make several corpora of at most a gigabyte each; a policy may name them all.',
  },
  corpus_not_text: { status: 400, message: '{file} is not taken: {reason}.', fix: 'Give text in UTF-8; take it out of documents first.' },
  upstream_url_missing: {
    status: 500,
    message: 'The upstream "{upstream}" has no url.',
    fix: 'Write its url; only openai, anthropic and demo have one built in.',
  },
  upstream_unknown: {
    status: 500,
    message: 'A route names the upstream "{upstream}", which is not there.',
    fix: 'Add it under upstreams, or mend the route.',
  },
  second_look_packages: {
    status: 500,
    message: 'A second look by a classifier needs packages that are not installed: {missing}.',
    fix: 'Install them beside Sallyport with "npm install {missing}", or take secondLook out.',
  },
  second_look_model: {
    status: 500,
    message: 'The classifier in {folder} cannot take a second look: {reason}.',
    fix: 'Mend secondLook.by, or take secondLook out (docs/detection-stages.md says what a folder holds).',
  },
  upstream_wrong_kind: {
    status: 500,
    message: 'The predictive model "{model}" names the upstream "{upstream}", which is not of kind open-inference.',
    fix: 'Name a scoring service, or set its kind.',
  },
  tensor_misdescribed: {
    status: 500,
    message: 'The tensor "{tensor}" of the predictive model "{model}" {what}.',
    fix: 'Mend its description under predict.models.',
  },
  route_without_upstream: {
    status: 500,
    message: 'The route for "{models}" must name either one upstream, or several under upstreams.',
    fix: 'Write upstream or upstreams, and not both; choose belongs to upstreams.',
  },
  route_less_trusted: {
    status: 500,
    message: 'The route for "{models}" begins with "{first}", and "{upstream}" is less trusted.',
    fix: 'Set the trust of both as it is, put the less trusted one first, or give it a route of its own.',
  },
  replicas_without_database: {
    status: 500,
    message: 'VALKEY_URL is set and DATABASE_URL is not: what several gateways share must be kept somewhere.',
    fix: 'Set DATABASE_URL to a PostgreSQL database, the same for all; or unset VALKEY_URL for a gateway that is alone.',
  },
  replicas_without_valkey: {
    status: 500,
    message: '{setting} is set and VALKEY_URL is not: each gateway would count for itself.',
    fix: 'Set VALKEY_URL, the same for all; or take the setting out for a gateway that is alone.',
  },
  replica_choice_missing: {
    status: 500,
    message: 'VALKEY_URL is set and {setting} is not: what happens when the replicas cannot reach what they share is yours to decide.',
    fix: 'Set it to refuse (safe: requests are refused meanwhile) or to local (available: each replica goes on alone on what it knew last).',
  },
  replica_secret_missing: {
    status: 500,
    message: 'VALKEY_URL is set and replicas.secret is not: replicas would not know each other’s keys and orders.',
    fix: 'Make one with "openssl rand -base64 33" and give it to all of them, best as replicas.secret: env:SALLYPORT_REPLICA_SECRET.',
  },
  replica_secret_weak: {
    status: 500,
    message: 'replicas.secret has {length} characters, fewer than {needed}.',
    fix: 'Make one with "openssl rand -base64 33".',
  },
  weakening_expired: {
    status: 500,
    message: '{what} held until {expires}.',
    fix: 'Decide anew: set a later day with author and reason, or take it out.',
  },
  admin_unauthorised: { status: 401, message: 'The admin plane needs a key.', fix: 'Send Authorization: Bearer with the admin key.' },
  session_ended: { status: 401, message: 'Nobody is signed in with this cookie, or not any more.', fix: 'Sign in again.' },
  sign_in_limited: {
    status: 429,
    message: 'More than {limit} tries to sign in came from this address within a minute.',
    fix: 'Wait for the time in Retry-After.',
  },
  console_header_missing: {
    status: 403,
    message: "A change that a cookie vouches for needs the header {header} of this listener's own page.",
    fix: 'Programs send a key in the Authorization header instead of a cookie.',
  },
  admin_without_oidc: {
    status: 500,
    message: 'The admin plane on {listen} is reachable from other machines, where people need more than a key to sign in.',
    fix: 'Configure admin.oidc (docs/oidc.md), or listen on 127.0.0.1.',
  },
  oidc_issuer_insecure: {
    status: 500,
    message: 'The OpenID provider {issuer} is reached without TLS.',
    fix: 'Use its https address; plain http is for loopback only.',
  },
  oidc_not_configured: {
    status: 404,
    message: 'No OpenID provider is configured.',
    fix: 'Sign in with an admin key, or configure admin.oidc.',
  },
  oidc_unavailable: {
    status: 502,
    message: 'The OpenID provider {issuer} cannot be reached, or is not the one that it should be.',
    fix: 'Check admin.oidc.issuer and the network; an admin key works meanwhile.',
  },
  oidc_refused: { status: 401, message: 'The sign-in was refused: {reason}.', fix: 'Begin again from the sign-in page.' },
  oidc_not_granted: {
    status: 403,
    message: 'None of the groups of this person may do anything here.',
    fix: 'Ask for a group that admin.oidc.grants names, or have one added.',
  },
  idempotency_key_refused: {
    status: 400,
    message: 'The Idempotency-Key is not one.',
    fix: 'Send 1 to 128 visible ASCII characters, for example a UUID.',
  },
  idempotency_mismatch: {
    status: 422,
    message: 'This Idempotency-Key was used for another body within the last 24 hours.',
    fix: 'Choose a new key for a new change.',
  },
  index_unavailable: {
    status: 503,
    message: 'The index of requests cannot answer: {reason}.',
    fix: 'Try again in a moment. It is made from the ledger: with the gateway stopped, index.db in the data directory may be deleted.',
  },
  console_not_built: {
    status: 404,
    message: 'The console is not part of this build.',
    fix: 'Run "npm run build" with the development dependencies installed; the API works without it.',
  },
  admin_forbidden: { status: 403, message: 'The role {role} may not do this.', fix: 'Ask an operator.' },
  not_found: { status: 404, message: 'There is no {what}.', fix: 'Check the name.' },
  outbound_refused: {
    status: 500,
    message: '{setting} names a place that nothing is sent to: {reason}.',
    fix: 'Write the address of the service itself; secrets have settings of their own.',
  },
  backup_impossible: { status: 500, message: 'No backup was made: {reason}.', fix: 'Mend that, then try again.' },
  backup_unreadable: { status: 400, message: 'The backup cannot be read: {reason}.', fix: 'Name another one, or the right passphrase.' },
  backup_damaged: { status: 400, message: 'The backup is damaged: {what}.', fix: 'Take another one; nothing was changed.' },
  restore_refused: {
    status: 409,
    message: 'Nothing is restored into {path}: {reason}.',
    fix: 'Move it away, or name a directory that does not exist yet.',
  },
  bad_argument: { status: 400, message: '{what}', fix: '{fix}' },
  gateway_unreachable: {
    status: 502,
    message: 'No gateway answers on {url}.',
    fix: 'Start one with "sallyport up", or name it with --url.',
  },
} as const satisfies Readonly<Record<string, FaultRow>>;

export type AppFaultCode = keyof typeof APP_FAULTS;

export const appFault = faultMaker<AppFaultCode>(APP_FAULTS);
