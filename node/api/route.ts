import type { ServerResponse } from 'node:http'
import type { z } from 'zod'
import type { SkeinNode } from '../interface.ts'
import type { MapAssets } from '../map/bundle.ts'
import type { HttpRoute } from '../metrics/http.ts'
import { readJson } from './body.ts'
import type { Caller } from './guard/callers.ts'
import type { Scope } from './guard/scope.ts'
import type { ApiLimits, ApiOptions } from './interface.ts'
import { ApiProblem } from './problem.ts'
import type { OpenStreams } from './stream/open-streams.ts'

/** What every route may use. */
export interface ApiEnv {
  readonly node: SkeinNode
  readonly options: ApiOptions
  readonly limits: ApiLimits
  readonly streams: OpenStreams
  /** The static files under / and /map/, by path. */
  readonly files: () => Promise<MapAssets>
}

/** One answer a route gives, as the OpenAPI document shows it. */
export interface RouteAnswer {
  readonly status: number
  readonly description: string
  readonly contentType: string
  /** For JSON: its schema (registered, or an array of a registered one). */
  readonly schema?: z.ZodType
}

interface RouteFacts {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly operationId: string
  readonly tag: 'view' | 'vehicle' | 'trust' | 'log' | 'map' | 'health' | 'meta'
  /** Under which name requests are counted. */
  readonly counted: HttpRoute
  readonly summary: string
  readonly description?: string
  /** What its caller needs; `anyone`: nothing, not even a token. There is no default, so none is forgotten. */
  readonly scope: Scope | 'anyone'
  readonly answers: readonly RouteAnswer[]
}

/** An exchange in progress. */
export interface Exchange {
  readonly env: ApiEnv
  readonly request: Request
  readonly outgoing: ServerResponse
  readonly caller: Caller
}

export interface Route extends RouteFacts {
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  handle(exchange: Exchange): Promise<Response> | Response
}

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined

/** A route whose handler sees only what has passed its schemas. */
export function defineRoute<
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(
  route: RouteFacts & {
    readonly query?: Q
    readonly body?: B
    readonly handle: (
      exchange: Exchange & { readonly query: Parsed<Q>; readonly body: Parsed<B> },
    ) => Promise<Response> | Response
  },
): Route {
  const { query, body, handle, ...facts } = route
  return {
    ...facts,
    ...(query !== undefined && { query }),
    ...(body !== undefined && { body }),
    async handle(exchange) {
      const given = { query: undefined as unknown, body: undefined as unknown }
      if (query !== undefined) given.query = parseQuery(query, exchange.request.url)
      if (body !== undefined)
        given.body = parseBody(body, await readJson(exchange.request, exchange.env.limits.bodyBytesMax))
      return handle({ ...exchange, query: given.query as Parsed<Q>, body: given.body as Parsed<B> })
    },
  }
}

/** A parameter that is given twice is a list. */
function parseQuery(schema: z.ZodObject, url: string): unknown {
  const given = new URL(url).searchParams
  const values = Object.fromEntries([...new Set(given.keys())].map(key => [key, given.getAll(key).join(',')]))
  const parsed = schema.safeParse(values)
  if (parsed.success) return parsed.data
  const errors = faults(parsed.error)
  throw new ApiProblem({
    code: 'invalid-query',
    status: 400,
    detail: `Query: ${errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')}.`,
    hint: `This route takes: ${Object.keys(schema.shape).join(', ')}. See /api/openapi.json.`,
    errors,
  })
}

function parseBody(schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const errors = faults(parsed.error)
  throw new ApiProblem({
    code: 'invalid-body',
    status: 422,
    detail: `Body: ${errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')}.`,
    hint: 'The schema of this body is in /api/openapi.json.',
    errors,
  })
}

const faults = (error: z.ZodError): { path: string; message: string }[] =>
  error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }))
