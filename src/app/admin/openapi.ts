// The OpenAPI 3.1 document of the admin API, from the same table and schemas that serve it.
import { z } from 'zod';
import { VERSION } from '../version.ts';
import { problemAnswer } from './answers.ts';
import type { ApiRoute, OpenRoute } from './api-route.ts';

type AnyRoute = ApiRoute | OpenRoute;

export function openApi(routes: readonly AnyRoute[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sallyport admin API',
      version: VERSION,
      description: 'Keys, tenants, kill switch, requests, findings, policy, record and health of one gateway.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        adminKey: { type: 'http', scheme: 'bearer', description: 'An admin key.' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-sallyport', description: 'Set by POST /api/session or by OpenID Connect.' },
      },
      schemas: { Problem: schemaOf(problemAnswer, 'output') },
      responses: {
        Problem: {
          description: 'A problem (RFC 9457) with a code of docs/errors.md and the way out.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}

function operationOf(route: AnyRoute): object {
  const isGuarded = 'roles' in route;
  const { body } = route;
  return {
    operationId: `${route.method.toLowerCase()}${route.path
      .replace('/api', '')
      .replaceAll(/[/:.-]+(\w)/g, (_whole, first: string) => first.toUpperCase())}`,
    summary: route.about,
    ...(isGuarded
      ? { description: `Roles: ${route.roles.join(', ')}. Reach: ${route.reach === 'global' ? 'global keys only' : 'own tenant'}.` }
      : {}),
    security: isGuarded ? [{ adminKey: [] }, { session: [] }] : [],
    parameters: [...pathParameters(route), ...queryParameters(route), ...(isGuarded && route.method !== 'GET' ? [IDEMPOTENCY_KEY] : [])],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } } }),
    responses: { ...answersOf(route), default: { $ref: '#/components/responses/Problem' } },
  };
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key within 24 hours gets the same answer and makes no second change; with another body it is refused with 422.',
  schema: { type: 'string', maxLength: 128 },
};

function answersOf(route: AnyRoute): object {
  if ('stream' in route && route.stream !== undefined) {
    return {
      200: { description: 'A stream.', content: Object.fromEntries(route.stream.map((type) => [type, { schema: { type: 'string' } }])) },
    };
  }
  const schema = route.answer === undefined ? { type: 'object' } : schemaOf(route.answer, 'output');
  return { '2XX': { description: 'Done.', content: { 'application/json': { schema } } } };
}

const pathParameters = ({ path }: AnyRoute): readonly object[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', pattern: String.raw`^[\w.~-]{1,128}$` },
  }));

function queryParameters(route: AnyRoute): readonly object[] {
  if (!('query' in route) || route.query === undefined) return [];
  // What a parameter becomes says more than the text that it is; what may be left out is known from the other side.
  const { properties = {} } = parseSchema(schemaOf(route.query, 'output'));
  const { required = [] } = parseSchema(schemaOf(route.query, 'input'));
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
  readonly required?: readonly string[];
}

const parseSchema = (schema: object): ObjectSchema => schema;

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  return rest;
}
