// Signing in to the console with OpenID Connect: the provider, and what its groups may do here.
import { z } from 'zod';

const ADMIN_ROLES = ['operator', 'approver', 'auditor'] as const;

/** Made with the schema of secrets, which belongs to the file that uses this one. */
export const oidcSchema = <Secret extends z.ZodType>(secret: Secret) =>
  z
    .strictObject({
      issuer: z
        .url({ protocol: /^https?$/ })
        .describe('Issuer of the provider, as its discovery document names it. Plain http only on loopback.'),
      clientId: z.string().min(1).max(512).describe('Id under which the provider knows this gateway.'),
      clientSecret: secret.optional(),
      label: z.string().min(1).max(64).default('Single sign-on').describe('What the button says.'),
      scopes: z
        .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/))
        .min(1)
        .max(20)
        .default(['openid', 'profile', 'email'])
        .describe('Scopes that are asked for; some providers have one for groups.'),
      groupsClaim: z
        .string()
        .min(1)
        .max(256)
        .default('groups')
        .describe('Claim of the ID token, or of the user info, that lists the groups of a person.'),
      grants: z
        .array(
          z.strictObject({
            group: z.string().min(1).max(512).describe('A group, exactly as the claim names it.'),
            role: z.enum(ADMIN_ROLES),
            tenant: z
              .string()
              .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)
              .optional()
              .describe('Only this tenant; without it, all of them.'),
          }),
        )
        .min(1)
        .max(1_000)
        .describe('What groups may do. The first grant whose group a person has decides; without one nobody comes in.'),
      sessionMinutes: z
        .number()
        .int()
        .min(5)
        .max(720)
        .optional()
        .describe('How long a sign-in holds; default: as long as the ID token, and never longer than twelve hours.'),
      ca: z.string().optional().describe('Path of a PEM bundle of a private certificate authority of the provider.'),
    })
    .describe('Sign-in to the console with OpenID Connect, beside admin keys.');

export type OidcConfig = Readonly<z.output<ReturnType<typeof oidcSchema<z.ZodString>>>>;
