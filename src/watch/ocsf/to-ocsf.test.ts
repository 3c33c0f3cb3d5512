// What each kind of record becomes, checked against the schema of its class.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/types.ts';
import { TAXONOMY_KEYS, taxonomyOf } from '../../core/taxonomy.ts';
import { eventsOf, only } from './events.fixture.ts';
import { closed, finding, findings, opened, record, AT_MS } from './records.fixture.ts';

describe('a request', () => {
  it('becomes one API activity, told when it is closed, with model, caller, tokens, cost and time', () => {
    expect(only(opened(7), closed(8, 'req_7'))).toMatchObject({
      class_uid: 6003,
      type_uid: 600301,
      severity_id: 1,
      status_id: 1,
      status_code: '200',
      time: AT_MS + 8,
      start_time: AT_MS + 8 - 812,
      duration: 812,
      metadata: { uid: 'box+00c0ffee:8', sequence: 8, event_code: 'request.closed', correlation_uid: 'req_7', tenant_uid: 'acme' },
      actor: { user: { uid: 'p_3f9c' } },
      src_endpoint: { uid: 'p_3f9c' },
      dst_endpoint: { svc_name: 'main' },
      api: { operation: 'chat.completions.create', request: { uid: 'req_7' }, response: { code: 200 }, service: { name: 'main' } },
      ai_model: { name: 'gpt-5-mini', ai_provider: 'main' },
      message_context: { prompt_tokens: 50, completion_tokens: 32, total_tokens: 82 },
      policy: { name: 'standard', version: 'a1b2c3' },
      action_id: 1,
      disposition_id: 1,
      unmapped: { input_findings: 0, output_findings: 0, cost_micro_units: 120, is_estimated: false, opened_sequence: 7 },
    });
  });

  it('that is blocked is a failure, even where it was answered as a refusal with status 200', () => {
    const [detection, activity] = eventsOf(
      opened(1, { verdict: 'block', findings: findings(finding()) }),
      closed(2, 'req_1', { status: 200, verdict: 'block', reason: 'blocked_by_policy', usage: null }),
    );
    expect(detection).toMatchObject({ class_uid: 2004 });
    expect(activity).toMatchObject({ status_id: 2, status_detail: 'blocked_by_policy', action_id: 2, disposition_id: 2, severity_id: 2 });
    expect(activity?.['message_context']).not.toHaveProperty('prompt_tokens');
  });

  it('whose request was masked and whose answer was clean counts as corrected', () => {
    expect(only(opened(1, { verdict: 'redact' }), closed(2, 'req_1'))).toMatchObject({ action_id: 4, disposition_id: 11, status_id: 1 });
  });

  it('under a policy that only observes was detected, whatever it would have been', () => {
    expect(only(opened(1, { verdict: 'would-block' }), closed(2, 'req_1'))).toMatchObject({
      action_id: 3,
      disposition_id: 15,
      status_id: 1,
    });
  });

  it('that the upstream failed is a failure with the reason', () => {
    expect(only(opened(1), closed(2, 'req_1', { status: 504, reason: 'upstream_timeout' }))).toMatchObject({
      status_id: 2,
      status_code: '504',
      status_detail: 'upstream_timeout',
      http_response: { code: 504 },
      action_id: 1,
    });
  });

  it('whose process died is found again by its reservation', () => {
    const dead = record(9, 'request.closed', {
      status: 0,
      reason: 'process_ended',
      reservation: { id: 'res_3', microUnits: 900, tokens: 300, estimated: true },
    });
    const event = only(opened(3), dead);
    expect(event).toMatchObject({
      status_id: 2,
      status_detail: 'process_ended',
      metadata: { correlation_uid: 'req_3', tenant_uid: 'acme', uid: 'box+00c0ffee:9' },
      ai_model: { name: 'gpt-5-mini' },
      unmapped: { is_estimated: true },
    });
    expect(event).not.toHaveProperty('http_response');
  });

  it('whose opening was never seen is told all the same, and says so', () => {
    expect(only(closed(2, 'req_1'))).toMatchObject({ ai_model: { name: 'unknown' }, unmapped: { opened_record: 'not seen' } });
  });

  it('comes from a name, and from an address only where the record holds one', () => {
    const named = { client: 'c0ffee' };
    const whole = { client: 'c0ffee', clientAddress: '203.0.113.9' };
    const sources = (more: JsonObject): unknown[] => [
      only(opened(1, more), closed(2, 'req_1'))['src_endpoint'],
      only(record(4, 'request.refused', { principal: 'p_1', ...more }, { tenant: 'acme', requestId: 'req_4' }))['src_endpoint'],
      only(opened(5, { verdict: 'block', findings: findings(finding()), ...more }))['evidences'],
      only(record(6, 'access.guessing', { client: 'x', perMinute: 60, ...more }))['evidences'],
    ];
    expect(sources(named)).toEqual([
      { uid: 'c0ffee' },
      { uid: 'c0ffee' },
      [expect.objectContaining({ src_endpoint: { uid: 'c0ffee' } })],
      [expect.objectContaining({ src_endpoint: { uid: 'c0ffee' } })],
    ]);
    const withAddress = { uid: 'c0ffee', ip: '203.0.113.9' };
    expect(sources(whole)).toEqual([
      withAddress,
      withAddress,
      [expect.objectContaining({ src_endpoint: withAddress })],
      [expect.objectContaining({ src_endpoint: withAddress })],
    ]);
    expect(only(opened(1), closed(2, 'req_1'))).toMatchObject({ src_endpoint: { uid: 'p_3f9c' } });
  });

  it('that was refused before any guard worked for it is a rejected activity', () => {
    const data = { principal: 'p_1', format: 'anthropic-messages', model: 'claude', reason: 'rate_limited', status: 429 };
    expect(only(record(4, 'request.refused', data, { tenant: 'acme', requestId: 'req_4' }))).toMatchObject({
      class_uid: 6003,
      status_id: 2,
      status_code: '429',
      status_detail: 'rate_limited',
      action_id: 2,
      disposition_id: 25,
      api: { operation: 'messages.create', request: { uid: 'req_4' } },
      ai_model: { name: 'claude', ai_provider: 'unknown' },
    });
  });

  it('that stands for many refusals says how many, and when', () => {
    const data = { principal: 'p_1', count: 940, reasons: { rate_limited: 900, stopped_by_order: 40 }, fromMs: 1_000, minute: 3 };
    expect(only(record(4, 'request.refusals', data, { tenant: 'acme' }))).toMatchObject({
      class_uid: 6003,
      disposition_id: 25,
      count: 940,
      start_time: 1_000,
      message: '940 further requests refused',
      actor: { user: { uid: 'p_1' } },
      unmapped: { reasons: { rate_limited: 900, stopped_by_order: 40 } },
    });
    const lost = only(record(5, 'request.refusals', { principal: 'p_1', count: null, lost: true }, { tenant: 'acme' }));
    expect([lost['message'], 'count' in lost]).toEqual(['an unknown number of further requests refused', false]);
  });
});

describe('a finding', () => {
  it('becomes a detection with its rule, place, confidence, outcome and the ids of others', () => {
    expect(only(opened(5, { verdict: 'block', findings: findings(finding({ fingerprint: 'f00d' })) }))).toMatchObject({
      class_uid: 2004,
      type_uid: 200401,
      severity_id: 4,
      is_alert: true,
      confidence_score: 87,
      confidence_id: 3,
      action_id: 2,
      disposition_id: 2,
      metadata: { uid: 'box+00c0ffee:5.1', correlation_uid: 'req_5', profiles: ['security_control', 'host', 'ai_operation'] },
      finding_info: {
        uid: 'req_5:request.opened.1',
        title: 'injection in input',
        desc: 'asks to disregard earlier instructions',
        analytic: { uid: 'injection.override', type_id: 1 },
        types: [
          'OWASP LLM 2026 LLM01 Prompt Injection',
          'OWASP LLM 2025 LLM01 Prompt Injection',
          'OWASP Agentic 2026 ASI01 Agent Goal Hijack',
          'STRIDE Tampering',
          'STRIDE Elevation of privilege',
          'NIST AI RMF 1.0 MEASURE 2.7',
          'NIST AI 600-1 Information Security',
        ],
      },
      attacks: [
        {
          version: '2026.09',
          tactic: { uid: 'AML.TA0005', name: 'Execution' },
          technique: { uid: 'AML.T0051', name: 'LLM Prompt Injection' },
          sub_technique: { uid: 'AML.T0051.000', name: 'Direct' },
        },
        { version: '2026.09', mitigation: { uid: 'AML.M0020', name: 'Generative AI Guardrails' } },
      ],
      evidences: [{ data: { direction: 'input', origin: 'user', pointer: '/messages/0/content', start: 3, end: 40 } }],
      ai_model: { name: 'gpt-5-mini', ai_provider: 'main' },
      policy: { name: 'standard' },
      unmapped: { family: 'instruction_hijack', fingerprint: 'f00d', taxonomy: { key: 'direct-injection', atlas: ['AML.T0051.000'] } },
    });
  });

  it('stands after the activity of its answer, each under a uid of its own', () => {
    const leak = finding({ class: 'leak', taxonomy: 'hidden-prompt-taken', action: 'redact', origin: 'model' });
    const events = eventsOf(opened(1), closed(2, 'req_1', { verdict: 'redact', findings: findings(leak, finding({ action: 'record' })) }));
    expect(events.map((event) => [event['class_uid'], event['metadata']?.['uid'], event['disposition_id']])).toEqual([
      [6003, 'box+00c0ffee:2', 11],
      [2004, 'box+00c0ffee:2.1', 11],
      [2004, 'box+00c0ffee:2.2', 15],
    ]);
  });

  it.each([
    ['allow', 1, 1],
    ['record', 3, 15],
    ['redact', 4, 11],
    ['tokenise', 4, 11],
    ['hold', 2, 3],
    ['reroute', 4, 7],
    ['block', 2, 2],
    ['something new', 0, 0],
  ])('with the action %s says so in the words of OCSF', (action, actionId, dispositionId) => {
    expect(only(opened(1, { findings: findings(finding({ action })) }))).toMatchObject({
      action_id: actionId,
      disposition_id: dispositionId,
    });
  });

  it('was only detected where the policy observes', () => {
    expect(only(opened(1, { verdict: 'would-block', findings: findings(finding()) }))).toMatchObject({ action_id: 3, disposition_id: 15 });
  });

  it('of personal data in a request accuses nobody of an attack', () => {
    const card = finding({ class: 'personal-data', type: 'CREDIT_CARD', taxonomy: 'sensitive-output', action: 'redact' });
    const event = only(opened(1, { findings: findings(card) }));
    expect(event).toMatchObject({
      finding_info: { title: 'personal-data (CREDIT_CARD) in input' },
      unmapped: { taxonomy: { key: 'sensitive-input', atlas: [] } },
    });
    expect(event).not.toHaveProperty('attacks');
  });

  it.each(TAXONOMY_KEYS)('with the key %s carries exactly the ids of the table', (key) => {
    const [, event] = eventsOf(closed(1, 'req', { findings: findings(finding({ taxonomy: key })) }));
    const attacks = (event?.['attacks'] ?? []) as unknown as readonly { technique?: { uid: string }; sub_technique?: { uid: string } }[];
    const ids = attacks.flatMap(({ technique, sub_technique: sub }) => sub?.uid ?? technique?.uid ?? []);
    expect(ids).toEqual(taxonomyOf(key).techniques.map(({ id }) => id));
    expect(event).toMatchObject({ unmapped: { taxonomy: { owasp: taxonomyOf(key).owasp } } });
  });

  it('with a key that is gone is told without ids', () => {
    expect(only(opened(1, { findings: findings(finding({ taxonomy: 'of-long-ago' })) }))).not.toHaveProperty('attacks');
  });

  it('that was counted but not listed is still counted', () => {
    const [, activity] = eventsOf(opened(1, { findings: { count: 400, listed: [finding()] } }), closed(2, 'req_1'));
    expect(activity).toMatchObject({ unmapped: { input_findings: 400 } });
  });
});

describe('a guard that could not look', () => {
  it('is told as loudly as a finding, with what became of the request', () => {
    expect(only(opened(1, { verdict: 'block', failure: 'out_of_budget' }))).toMatchObject({
      class_uid: 2004,
      severity_id: 4,
      is_alert: true,
      finding_info: { title: 'guard could not look at input', desc: 'out_of_budget' },
      disposition_id: 2,
    });
    expect(only(opened(1, { verdict: 'allow', failure: 'queue_full' }))).toMatchObject({ disposition_id: 15, is_alert: true });
  });

  it('is told once, though the closing of a refused request names it again', () => {
    const refusal = closed(2, 'req_1', { status: 403, verdict: 'block', reason: 'guard_could_not_look' });
    expect(eventsOf(opened(1, { verdict: 'block', failure: 'out_of_budget' }), refusal).map((event) => event['class_uid'])).toEqual([
      2004, 6003,
    ]);
    expect(eventsOf(opened(1), refusal).map((event) => event['class_uid'])).toEqual([6003, 2004]);
  });
});

describe('control', () => {
  const order = {
    sequence: 12,
    scope: 'tenant',
    subject: 'acme',
    who: 'dana',
    reason: 'key found in a public place',
    orderedAtMs: AT_MS - 5,
  };

  it('tells kill orders as remediation at the time of the order', () => {
    expect(only(record(1, 'kill.ordered', order))).toMatchObject({
      class_uid: 7001,
      type_uid: 700101,
      severity_id: 4,
      time: AT_MS - 5,
      command_uid: '12',
      actor: { user: { name: 'dana' } },
      message: 'stopped tenant acme: key found in a public place',
    });
    expect(only(record(2, 'kill.resumed', order))).toMatchObject({ type_uid: 700103 });
    expect(only(record(3, 'kill.checkpointed', order))).toMatchObject({ type_uid: 700104 });
    expect(only(record(4, 'access.cut', { cut: 9, failed: 0 }))).toMatchObject({ type_uid: 700102, status_id: 1, command_uid: 'cut-4' });
    expect(only(record(5, 'access.cut', { cut: 9, failed: 2 }))).toMatchObject({ status_id: 4 });
  });

  it('tells keys and tenants as managed entities', () => {
    const made = record(1, 'key.created', { id: 'k7', role: 'operator', scope: 'global', who: 'root' }, { tenant: 'default' });
    expect(only(made)).toMatchObject({
      class_uid: 3004,
      type_uid: 300401,
      severity_id: 3,
      actor: { user: { name: 'root' } },
      entity: { uid: 'k7', type: 'API key', data: { role: 'operator', scope: 'global' } },
      metadata: { tenant_uid: 'default' },
    });
    expect(only(record(2, 'key.revoked', { id: 'k7', who: 'dana', reason: 'left' }))).toMatchObject({
      type_uid: 300404,
      comment: 'left',
      severity_id: 1,
    });
    expect(only(record(3, 'key.limited', { id: 'k7', limits: '{}', who: 'dana' }))).toMatchObject({ type_uid: 300403 });
    expect(only(record(4, 'tenant.created', { change: 3 }, { tenant: 'acme' }))).toMatchObject({
      type_uid: 300401,
      entity: { uid: 'acme', type: 'Tenant' },
    });
    expect(only(record(5, 'tenant.changed', { state: 'suspended', who: 'dana' }, { tenant: 'acme' }))).toMatchObject({
      type_uid: 300403,
      entity: { uid: 'acme', data: { state: 'suspended' } },
    });
    expect(
      only(record(6, 'finding.accepted', { id: 'a1', rule: 'pii.email', author: 'dana', reason: 'test data', expiresAtMs: 9 })),
    ).toMatchObject({
      type_uid: 300401,
      severity_id: 2,
      actor: { user: { name: 'dana' } },
    });
    expect(only(record(7, 'finding.withdrawn', { id: 'a1', who: 'dana', reason: 'over' }))).toMatchObject({ type_uid: 300404 });
    expect(only(record(8, 'ledger.content_erased', { nonce: 41 }))).toMatchObject({ type_uid: 300404, entity: { uid: '41' } });
  });

  it('tells who signed in to the console and out, how, and what was refused', () => {
    const who = 'operator key oidc_0a1b2c3d4e5f6071';
    const data = { who, via: 'oidc', role: 'operator', scope: 'global', label: 'dana@example.org' };
    expect(only(record(1, 'admin.signed_in', data))).toMatchObject({
      class_uid: 3002,
      type_uid: 300201,
      status_id: 1,
      auth_protocol_id: 4,
      user: { name: who, full_name: 'dana@example.org' },
      unmapped: { role: 'operator', scope: 'global' },
    });
    expect(only(record(2, 'admin.signed_out', { ...data, via: 'key', label: '' }))).toMatchObject({
      type_uid: 300202,
      auth_protocol: 'admin key',
    });
    expect(only(record(3, 'admin.sign_in_refused', { via: 'oidc', code: 'oidc_not_granted' }))).toMatchObject({
      type_uid: 300201,
      status_id: 2,
      status_detail: 'oidc_not_granted',
      severity_id: 2,
      user: { name: 'unknown' },
    });
  });

  it('tells a failed self-test of the kill switch loudly, and the daily one that passes quietly', () => {
    expect(only(record(1, 'kill.self_test', { state: 'failed', reason: 'the canary was not cut in time' }))).toMatchObject({
      class_uid: 6008,
      severity_id: 5,
      unmapped: { reason: 'the canary was not cut in time' },
    });
    expect(only(record(2, 'kill.self_test', { state: 'passed', cutMs: 3 }))).toMatchObject({ class_uid: 0, severity_id: 1 });
    const canary = { ...order, scope: 'upstream', subject: 'kill switch self-test' };
    expect(only(record(3, 'kill.ordered', canary))).toMatchObject({ class_uid: 7001, severity_id: 1 });
  });

  it('tells a reload and the end of old records, with what they name', () => {
    expect(only(record(1, 'config.reloaded', { who: 'dana', policy: 'standard', revision: 'd4' }))).toMatchObject({
      type_uid: 300403,
      entity: { uid: 'standard', type: 'Configuration', data: { revision: 'd4' } },
    });
    expect(only(record(2, 'ledger.pruned', { to: 900, retainDays: 30 }))).toMatchObject({
      type_uid: 300404,
      entity: { uid: '900', type: 'Ledger records', data: { to: 900, retainDays: 30 } },
    });
  });

  it('tells a shed attacker and an untrusted stop record as detections', () => {
    expect(only(record(1, 'access.shed', { level: 'key', tenant: 'acme', keyId: 'k7' }))).toMatchObject({
      class_uid: 2004,
      disposition_id: 2,
      finding_info: { uid: 'box+00c0ffee:1:access.shed.0', desc: 'level key, tenant acme, keyId k7' },
      metadata: { profiles: ['security_control'] },
    });
    expect(only(record(2, 'kill.untrusted', { reason: 'a forged order' }))).toMatchObject({ class_uid: 2004, severity_id: 5 });
  });

  it('tells troubles of its own, and leaves no kind of record unseen', () => {
    expect(only(record(1, 'ledger.tail_cut', { bytes: 12 }))).toMatchObject({ class_uid: 6008 });
    expect(only(record(2, 'key.damaged', { id: 'k7' }))).toMatchObject({ class_uid: 6008 });
    expect(only(record(3, 'kill.mark_not_kept', { reason: 'disk' }))).toMatchObject({ class_uid: 6008 });
    expect(only(record(4, 'budget.rebuilt', { from: 3 }))).toMatchObject({
      class_uid: 0,
      type_uid: 99,
      message: 'budget.rebuilt',
      unmapped: { from: 3 },
    });
  });
});
