// Names of tool calls, which tie a call to its result and nothing else.
import { createHash } from 'node:crypto';

/** Anthropic takes `^[a-zA-Z0-9_-]+$`, OpenAI 40 units. Others name calls `functions.f:0`, and conversations move between them. */
const TAKEN_BY_ALL = /^[\w-]{1,40}$/;
const DIGEST_UNITS = 32;

/** The same name for the same name; as it is wherever both sides take it. */
export const carriedId = (id: string): string =>
  TAKEN_BY_ALL.test(id) ? id : `call_${createHash('sha256').update(id).digest('hex').slice(0, DIGEST_UNITS)}`;
