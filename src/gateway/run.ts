// One request on its way: who asks, what was reserved and recorded, and how it ends. Every way out passes `close` and `finish`,
// so nothing stays reserved, registered or unrecorded.
import { Fault } from '../core/fault.ts';
import type { Action, JsonObject } from '../core/types.ts';
import type { Outgoing } from '../io/http/exchange.ts';
import type { Admission } from '../access/admission.ts';
import type { Caller } from '../access/keys/caller.ts';
import type { Reservation } from '../access/limits/budgets.ts';
import type { ClientNames } from './client-names.ts';
import { boundOf, type Asked } from './bound.ts';
import type { GatewayDeps, Receipt } from './deps.ts';
import { chargeFor, NOT_CALLED, type Ending, type Judged } from './ending.ts';
import { gatewayFault } from './faults.ts';
import { kindsOf, recordCandidate, recordFindings, recordTries, verdictWord, type Try } from './record.ts';
import { costOn } from './leg-price.ts';
import type { Leg, Route } from './routes.ts';
import type { Judgement } from './sentry.ts';
import { shownFault, shownText } from './shown-text.ts';
import { endingOf } from './upstream-call.ts';
import type { WireFormat } from './wire/format.ts';

interface Met {
  readonly principal: Caller;
  readonly format: WireFormat;
}

interface Begun extends Met {
  readonly route: Route;
  readonly model: string;
}

const ID_PREFIX = 'req_';

export class Run {
  readonly id: string;
  /** Whoever was asked, in order; empty for a route with one upstream. */
  readonly tries: Try[] = [];
  readonly #deps: GatewayDeps;
  readonly #outgoing: Outgoing;
  readonly #startedMs: number;
  #met: Met | undefined;
  #begun: Begun | undefined;
  #admission: Admission | undefined;
  #reservation: Reservation | undefined;
  #opened: Receipt | undefined;
  #unregister: (() => void) | undefined;
  #cut: ((fault: Fault) => void) | undefined;
  #cutFault: Fault | undefined;
  #isClosed = false;
  /** Let in to be read, and not to be asked for yet. */
  #hasEntered = false;
  /** From here on the upstream may have been asked. */
  #isSent = false;
  #status = 0;
  #verdict = 'allow';
  #unprotected = '';
  #firstByteMs: number | undefined;
  readonly #clients: ClientNames;
  #clientAddress = '';

  constructor(deps: GatewayDeps, outgoing: Outgoing, clients: ClientNames) {
    this.#deps = deps;
    this.#clients = clients;
    this.#outgoing = outgoing;
    this.#startedMs = deps.clock.steadyMs();
    this.id = `${ID_PREFIX}${Buffer.from(deps.random.bytes(15)).toString('base64url')}`;
  }

  /** The same without what says of what it is the name. */
  get bareId(): string {
    return this.id.slice(ID_PREFIX.length);
  }

  /** Empty as long as it is not known. */
  get clientAddress(): string {
    return this.#clientAddress;
  }

  cameFrom(address: string): void {
    this.#clientAddress = address;
  }

  get outgoing(): Outgoing {
    return this.#outgoing;
  }

  get route(): Route {
    return this.#known.route;
  }

  get format(): WireFormat {
    return this.#known.format;
  }

  get principal(): Caller {
    return this.#known.principal;
  }

  get model(): string {
    return this.#known.model;
  }

  get startedMs(): number {
    return this.#startedMs;
  }

  get #known(): Begun {
    if (this.#begun === undefined) throw new Error('a request is used before it has begun');
    return this.#begun;
  }

  /** From here on it is known who asks, so that whatever goes wrong is on record. */
  meet(caller: Met): void {
    this.#met = caller;
  }

  begin(begun: Begun): void {
    this.#met = begun;
    this.#begun = begun;
  }

  /** Step 1, first half: what the key alone can tell, before anything is read for it. */
  enter(principal: Caller): void {
    this.#admission = this.#deps.access.enter(principal);
    this.#hasEntered = true;
  }

  /** Step 1, second half: kill switch, breaker, rate, concurrency. */
  admit(): void {
    const { principal, model, route } = this.#known;
    const upstream = route.upstream.name;
    if (route.model !== undefined) this.#deps.access.assertRunning(principal, { model: route.model, upstream });
    this.#admission = this.#deps.access.admit(principal, { model, upstream }, this.#admission);
    this.#hasEntered = false;
    this.#register();
  }

  /** Where replicas count together, the rate is asked for after everything else. Undefined: there is nothing to wait for. */
  admitted(): Promise<void> | undefined {
    return this.#deps.access.admitted(this.#known.principal)?.then(() => {
      if (this.#cutFault !== undefined) throw this.#cutFault;
    });
  }

  #register(): void {
    const { principal, model, route } = this.#known;
    const enlist = (name: string) =>
      this.#deps.access.inFlight.register(
        { tenant: principal.tenant, keyId: principal.keyId, model: name, upstream: route.upstream.name },
        (reason) => this.#onCut(reason),
      );
    const leave = enlist(model);
    const leaveToo = route.model === undefined ? undefined : enlist(route.model);
    this.#unregister = leaveToo === undefined ? leave : () => [leave, leaveToo].forEach((step) => step());
  }

  /** Another upstream is asked from now on, under the same admission and reservation. */
  turnTo({ route, format }: Leg): void {
    this.#begun = { ...this.#known, route, format };
    this.#unregister?.();
    this.#register();
  }

  #onCut(scope: string): void {
    this.#cutFault = gatewayFault('stopped', { scope });
    this.#cut?.(this.#cutFault);
  }

  /** Sets what a kill order does to the work under way; called at once when the order came first. */
  onCut(cut: (fault: Fault) => void): void {
    this.#cut = cut;
    if (this.#cutFault !== undefined) cut(this.#cutFault);
  }

  /** Reserves the budget and writes the first record. Resolves when both survive the end of this process. */
  async open(judgement: Judgement, ways: readonly [Asked, ...Asked[]]): Promise<void> {
    const { principal, model } = this.#known;
    const reserving = this.#deps.access.reserving(principal, boundOf(this.#deps, model, ways));
    this.#reservation = reserving instanceof Promise ? await reserving : reserving;
    this.note(judgement, ways[0].body);
    await this.#opened?.written;
    if (this.#cutFault !== undefined) throw this.#cutFault;
    if (this.#outgoing.isGone) throw gatewayFault('client_gone');
    this.#isSent = true;
  }

  /** The order that stopped this request, if there was one. */
  get stopped(): Fault | undefined {
    return this.#cutFault;
  }

  /** Writes the first record, with a commitment to what is, or would have been, asked. */
  note(judgement: Judgement, body: string): void {
    const { principal, format, route, model } = this.#known;
    this.#verdict = verdictWord(judgement.action, route.policy.mode);
    if (judgement.failure !== undefined && judgement.action !== 'block') this.markUnprotected('input');
    for (const stage of route.policy.stagesOff ?? []) this.markUnprotected(`stage ${stage}`);
    this.#opened = this.#deps.ledger.append({
      kind: 'request.opened',
      atMs: this.#deps.clock.nowMs(),
      tenant: principal.tenant,
      requestId: this.id,
      data: {
        // In the order in which the record spells them (RFC 8785), so that nothing is sorted for it.
        ...recordCandidate(route.policy, judgement.would),
        ...this.#clientOf(principal.tenant),
        content: this.#deps.ledger.commit(principal.tenant, body),
        failure: judgement.failure ?? null,
        findings: recordFindings(judgement.findings),
        format: format.id,
        model: shownText(this.#deps.guards, model),
        policy: route.policy.name,
        principal: principal.pseudonym,
        ...(this.#reservation === undefined ? {} : { reservation: { ...this.#reservation.opened } }),
        revision: route.policy.revision,
        // Where the content went: the first question when a vendor is breached.
        trust: route.upstream.trust,
        upstream: route.upstream.name,
        ...(format.over === undefined ? {} : { upstreamFormat: format.over }),
        ...(route.model === undefined ? {} : { upstreamModel: route.model }),
        verdict: this.#verdict,
      },
    });
    this.#count(judgement, 'input');
  }

  /** An address is personal data: it is written down only where an operator asked for it. */
  #clientOf(tenant: string): JsonObject {
    const address = this.#clientAddress;
    if (address === '') return {};
    const client = this.#clients.nameOf(tenant, address);
    return this.#deps.settings().recordsClientAddress ? { client, clientAddress: address } : { client };
  }

  #count({ findings, action: done, would }: Judged, direction: string): void {
    if (would !== undefined)
      this.#deps.metrics.candidate({ verdict: verdictWord(done, 'enforce'), would: verdictWord(would, 'enforce'), direction });
    for (const kind of kindsOf(findings)) this.#deps.metrics.finding({ ...kind, direction });
  }

  /** Resolves when the first record survives a power cut: no byte of an answer leaves before. */
  async recorded(): Promise<void> {
    await this.#opened?.durable;
  }

  /** Step 11 and 12: settles the budget and writes the last record. Resolves when it is durable. Only the first call counts. */
  async close(ending: Ending): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#status = ending.status;
    const { principal, route } = this.#known;
    const { usage } = ending;
    const tokens = usage === undefined ? 0 : usage.inputTokens + usage.outputTokens;
    const reservation = this.#settle(ending, tokens);
    if (ending.action === 'block') this.#verdict = verdictWord('block', route.policy.mode);
    const receipt = this.#deps.ledger.append({
      kind: 'request.closed',
      atMs: this.#deps.clock.nowMs(),
      tenant: principal.tenant,
      requestId: this.id,
      data: {
        ...recordCandidate(route.policy, ending.would),
        content: ending.text === undefined ? null : this.#deps.ledger.commit(principal.tenant, ending.text),
        durationMs: Math.round(this.#deps.clock.steadyMs() - this.#startedMs),
        findings: recordFindings(ending.findings),
        ...(this.#firstByteMs === undefined ? {} : { firstByteMs: Math.round(this.#firstByteMs) }),
        reason: ending.reason ?? null,
        ...(reservation === undefined ? {} : { reservation }),
        status: ending.status,
        ...recordTries(this.tries),
        usage: usage === undefined ? null : { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens },
        verdict: verdictWord(ending.action, route.policy.mode),
      },
    });
    this.#count(ending, 'output');
    this.#deps.access.reportVerdict(principal, ending.action === 'block');
    if (ending.upstream === 'ok') this.#deps.access.reportUpstream(route.upstream.name, 'answered');
    if (ending.upstream === 'failed') this.#deps.access.reportUpstream(route.upstream.name, 'failed');
    await receipt.durable;
  }

  #settle(ending: Pick<Ending, 'usage' | 'upstream'>, tokens: number): JsonObject | undefined {
    const reservation = this.#reservation;
    if (reservation === undefined) return undefined;
    const { model, route } = this.#known;
    if (ending.upstream === 'not_called') return { ...reservation.release() };
    const { usage } = ending;
    if (usage !== undefined) {
      const microUnits = costOn(route, usage, () => this.#deps.access.priceOf(route.model ?? model, usage));
      return { ...reservation.settle(chargeFor(usage, { microUnits, tokens }, reservation.opened)) };
    }
    const { microUnits, tokens: bound } = reservation.opened;
    return { ...reservation.settle({ microUnits, tokens: bound, estimated: true }) };
  }

  beginStream(): void {
    this.#outgoing.begin(
      200,
      this.headers({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' }),
    );
  }

  /** Any other way to end badly. Answers only when nothing was answered yet. */
  async fail(fault: Fault, toBody: (fault: Fault, requestId: string) => JsonObject): Promise<void> {
    let said = fault;
    try {
      await this.#recordFailure(fault);
    } catch (error) {
      // The record is down: say so instead of answering unrecorded.
      said = error instanceof Fault ? error : gatewayFault('internal', {}, { cause: error });
    }
    if (this.#outgoing.hasBegun || this.#outgoing.isGone) this.#outgoing.destroy();
    else this.answer(said.status === 499 ? 400 : said.status, toBody(shownFault(this.#deps.guards, said), this.id), headersOf(said));
  }

  async #recordFailure(fault: Fault): Promise<void> {
    this.#status = fault.status;
    // What cannot be read, or asks for what is not there, costs as much to find out as a request does.
    if (this.#hasEntered && this.#met !== undefined && fault.status < BUSY) this.#deps.access.countRefused(this.#met.principal);
    if (this.#met === undefined || this.#isClosed) return;
    if (this.#opened === undefined) return this.#recordRefusal(this.#met, fault);
    await this.recorded();
    const ending = this.#isSent ? endingOf(fault) : NOT_CALLED;
    await this.close({ status: fault.status, action: 'allow', findings: [], reason: fault.code, ...ending });
  }

  async #recordRefusal({ principal, format }: Met, fault: Fault): Promise<void> {
    this.#reservation?.release();
    const place = this.#deps.refusals?.take({ principal, clientAddress: this.#clientAddress, fault });
    if (place?.isRecorded === false) return;
    const model = this.#begun === undefined ? null : shownText(this.#deps.guards, this.#begun.model);
    const data = {
      principal: principal.pseudonym,
      ...this.#clientOf(principal.tenant),
      format: format.id,
      model,
      reason: fault.code,
      status: fault.status,
      ...place?.mark,
    };
    const { tenant } = principal;
    const atMs = this.#deps.clock.nowMs();
    await this.#deps.ledger.append({ kind: 'request.refused', atMs, tenant, requestId: this.id, data }).durable;
  }

  /** Headers of every answer, whatever its status. */
  headers(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    const headers: Record<string, string> = { 'x-sallyport-request-id': this.id, ...this.#admission?.headers, ...more };
    if (this.#begun !== undefined) {
      const { policy } = this.#begun.route;
      headers['x-sallyport-verdict'] = this.#verdict;
      headers['x-sallyport-policy'] = `${policy.name}@${policy.revision}`;
    }
    if (this.#unprotected !== '') headers['x-sallyport-unprotected'] = this.#unprotected;
    return headers;
  }

  answer(status: number, body: JsonObject, more: Readonly<Record<string, string>> = {}): void {
    const text = JSON.stringify(body);
    this.#status = status;
    this.#outgoing.begin(
      status,
      this.headers({ 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)), ...more }),
    );
    this.#outgoing.end(text);
  }

  /** Marks that a guard was open, so that the answer says so. */
  markUnprotected(what: string): void {
    this.#unprotected = this.#unprotected === '' ? what : `${this.#unprotected}, ${what}`;
  }

  /** A stream has begun to answer: the record says when. */
  markFirstByte(ms: number): void {
    this.#firstByteMs = ms;
  }

  setVerdict(action: Action): void {
    this.#verdict = verdictWord(action, this.#known.route.policy.mode);
  }

  finish(): void {
    // A record that could not be written must not keep money set aside.
    if (!this.#isClosed) this.#settle(this.#isSent ? { upstream: 'left' } : NOT_CALLED, 0);
    this.#unregister?.();
    this.#admission?.leave();
    const ms = this.#deps.clock.steadyMs() - this.#startedMs;
    this.#deps.metrics.request({ format: this.#begun?.format.id ?? 'none', status: this.#status, verdict: this.#verdict, ms });
  }
}

/** From here on a status says that the house, not the request, was to blame. */
const BUSY = 500;

function headersOf(fault: Fault): Record<string, string> {
  return { ...fault.headers, ...(fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) }) };
}
