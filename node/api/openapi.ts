import { z } from 'zod'
import { SCOPES } from './guard/scope.ts'
import { jsonResponse } from './json.ts'
import { defineRoute, type Route, type RouteAnswer } from './route.ts'
import { apiSchemas } from './schema/registry.ts'

type JsonObject = { readonly [key: string]: unknown }

/** GET /api/openapi.json for a table of routes (itself included). */
export function openApiRoute(others: readonly Route[]): Route {
  const self: Route = defineRoute({
    method: 'GET',
    path: '/api/openapi.json',
    operationId: 'getOpenApi',
    tag: 'meta',
    counted: 'other',
    scope: 'read',
    summary: 'This document',
    answers: [{ status: 200, description: 'OpenAPI 3.1', contentType: 'application/json' }],
    handle: ({ env }) => jsonResponse(openApiDocument([...others, self], env.node.status().version)),
  })
  return self
}

/** OpenAPI 3.1, whose schemas are JSON Schema 2020-12 as zod makes it. */
function openApiDocument(routes: readonly Route[], version: string): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Skein node',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'One node of a swarm. Errors are RFC 9457 problem documents with a code and a hint.',
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: TOKENS } },
      schemas: componentSchemas(),
    },
  }
}

function operation(route: Route): JsonObject {
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: `${route.description === undefined ? '' : `${route.description} `}${access(route.scope)}`,
    security: security(route.scope),
    ...(route.query !== undefined && { parameters: parameters(route.query) }),
    ...(route.body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body) } } },
    }),
    responses: {
      ...Object.fromEntries(route.answers.map(answer => [answer.status, response(answer)])),
      ...(route.scope !== 'anyone' && REFUSALS),
      default: problem('A problem'),
    },
  }
}

const TOKENS = `Made by "skein token create", or the one of api.tokenFile (which has every scope). Scopes: ${SCOPES.join(' < ')}, \
each includes the ones before it. Over loopback or a unix socket a token may be dispensable: see api.open.`

const access = (scope: Route['scope']): string =>
  scope === 'anyone' ? 'Needs no token.' : `Needs scope ${scope}.`

/** Beside a token none at all, where api.open allows it. */
function security(scope: Route['scope']): JsonObject[] {
  return scope === 'anyone' ? [] : [{ token: [scope] }, {}]
}

const PROBLEM = { $ref: '#/components/schemas/Problem' }

const problem = (description: string): JsonObject => ({
  description,
  content: { 'application/problem+json': { schema: PROBLEM } },
})

const REFUSALS = {
  401: problem('No token, or one that is wrong or expired'),
  403: problem('A token with too small a scope, or a page of another site'),
  429: problem('Too many wrong tokens; Retry-After says for how long'),
}

function response({ description, contentType, schema }: RouteAnswer): JsonObject {
  return {
    description,
    content: { [contentType]: schema === undefined ? {} : { schema: schemaOf(schema) } },
  }
}

function parameters(query: z.ZodObject): JsonObject[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'input' })
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

/** A registered schema by its name, an array of one by its items; there are no others. */
function schemaOf(schema: z.ZodType): JsonObject {
  const id = apiSchemas.get(schema)?.id
  if (id !== undefined) return { $ref: `#/components/schemas/${id}` }
  if (schema instanceof z.ZodArray) return { type: 'array', items: schemaOf(schema.element as z.ZodType) }
  throw new Error('A schema of the API is not registered under a name.')
}

function componentSchemas(): JsonObject {
  const { schemas } = z.toJSONSchema(apiSchemas, { io: 'input', uri: id => `#/components/schemas/${id}` })
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _, $id: __, ...schema }]) => [name, schema]),
  )
}
