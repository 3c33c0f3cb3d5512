// What OCSF 1.8.0 requires of the classes that we write, by hand from the schema: required attributes, enumerations, constraints.
import { z } from 'zod';

const text = z.string().min(1);
const entity = z
  .looseObject({ uid: text.optional(), name: text.optional() })
  .refine(({ uid, name }) => uid !== undefined || name !== undefined);
const endpoint = entity.and(z.looseObject({ ip: z.union([z.ipv4(), z.ipv6()]).optional() }));
const ms = z.int().min(1_500_000_000_000);

const metadata = z.looseObject({
  version: z.literal('1.8.0'),
  uid: text,
  sequence: z.int().nonnegative(),
  event_code: text,
  log_name: text,
  log_provider: text,
  logged_time: ms,
  profiles: z.array(z.enum(['ai_operation', 'security_control', 'host'])),
  product: z.looseObject({ name: text, vendor_name: text, version: text }),
});

const base = z.looseObject({
  activity_id: z.int(),
  activity_name: text,
  category_uid: z.int(),
  category_name: text,
  class_uid: z.int(),
  class_name: text,
  type_uid: z.int(),
  severity_id: z.int().min(1).max(5),
  severity: z.enum(['Informational', 'Low', 'Medium', 'High', 'Critical']),
  time: ms,
  message: text,
  metadata,
});

const actor = z
  .looseObject({ user: entity.optional(), app_name: text.optional() })
  .refine(({ user, app_name }) => (user ?? app_name) !== undefined);
const aiModel = z.strictObject({ name: text, ai_provider: text, version: text.optional() });
const messageContext = z.strictObject({
  ai_role_id: z.int().min(0).max(6),
  ai_role: text,
  service: entity,
  prompt_tokens: z.int().nonnegative().optional(),
  completion_tokens: z.int().nonnegative().optional(),
  total_tokens: z.int().nonnegative().optional(),
});
const control = { action_id: z.int().min(0).max(4), action: text, disposition_id: z.int().min(0).max(27), disposition: text };

const technique = z.strictObject({ uid: z.string().regex(/^AML\.T\d{4}(\.\d{3})?$/), name: text });
const attack = z
  .strictObject({
    version: z.literal('2026.09'),
    tactic: z.strictObject({ uid: z.string().regex(/^AML\.TA\d{4}$/), name: text }).optional(),
    technique: technique.optional(),
    sub_technique: technique.optional(),
    mitigation: z.strictObject({ uid: z.string().regex(/^AML\.M\d{4}$/), name: text }).optional(),
  })
  .refine(({ technique: one, mitigation }) => (one ?? mitigation) !== undefined);

const CLASSES: Readonly<Record<number, z.ZodType>> = {
  0: base.extend({ activity_id: z.literal(99) }),
  2004: base.extend({
    activity_id: z.literal(1),
    ...control,
    status_id: z.literal(1),
    is_alert: z.boolean(),
    confidence_id: z.int().min(1).max(3).optional(),
    confidence_score: z.int().min(0).max(100).optional(),
    finding_info: z.looseObject({
      uid: text,
      title: text,
      desc: z.string(),
      created_time: ms,
      analytic: z.looseObject({ uid: text, name: text, type_id: z.literal(1) }),
      types: z.array(text).min(1).optional(),
      attacks: z.array(attack).optional(),
    }),
    attacks: z.array(attack).optional(),
    evidences: z.array(z.looseObject({ data: z.record(z.string(), z.unknown()), src_endpoint: endpoint.optional() })).min(1),
    ai_model: aiModel.optional(),
    actor: actor.optional(),
  }),
  3002: base.extend({
    activity_id: z.union([z.literal(1), z.literal(2)]),
    status_id: z.union([z.literal(1), z.literal(2)]),
    user: entity,
    service: entity,
    auth_protocol_id: z.int().min(0).max(99).optional(),
    auth_protocol: text.optional(),
  }),
  3004: base.extend({
    activity_id: z.union([z.literal(1), z.literal(3), z.literal(4)]),
    entity: entity.and(z.looseObject({ type: text })),
    actor,
  }),
  6003: base.extend({
    activity_id: z.literal(1),
    ...control,
    status_id: z.union([z.literal(1), z.literal(2)]),
    actor,
    api: z.looseObject({ operation: text, request: z.strictObject({ uid: text }) }),
    src_endpoint: endpoint,
    ai_model: aiModel,
    message_context: messageContext.optional(),
  }),
  6008: base.extend({ activity_id: z.literal(1), status_id: z.literal(2) }),
  7001: base.extend({ activity_id: z.int().min(1).max(4), command_uid: text, status_id: z.union([z.literal(1), z.literal(4)]), actor }),
};

/** Throws what is wrong with an event. */
export function assertOcsf(event: unknown): void {
  const {
    class_uid: classUid,
    category_uid: categoryUid,
    type_uid: typeUid,
    activity_id: activityId,
    metadata: about,
    ...rest
  } = base.parse(event);
  const schema = CLASSES[classUid];
  if (schema === undefined) throw new Error(`class ${classUid} is none of ours`);
  schema.parse(event);
  if (typeUid !== classUid * 100 + activityId) throw new Error('type_uid is not class_uid * 100 + activity_id');
  if (categoryUid !== Math.floor(classUid / 1000)) throw new Error('category_uid does not fit the class');
  // Attributes of a profile belong only where the profile is named, and the other way round.
  if (about.profiles.includes('security_control') !== 'disposition_id' in rest) throw new Error('profile security_control is not as named');
  if (about.profiles.includes('ai_operation') !== 'ai_model' in rest) throw new Error('profile ai_operation is not as named');
}
