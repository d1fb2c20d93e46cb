import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { HttpRoute } from '../metrics/http.ts'
import type { Audit } from './audit.ts'
import { type Caller, type Callers, demand } from './guard/callers.ts'
import { isForeign } from './guard/origin.ts'
import type { LiveAnswers } from './live-answers.ts'
import { nearRoutes } from './near-routes.ts'
import { ApiProblem, INTERNAL_PROBLEM, problemResponse } from './problem.ts'
import type { ApiEnv, Route } from './route.ts'
import { routes } from './routes.ts'
import { isStaticPath, staticResponse } from './static.ts'

export interface Doors {
  readonly hostAllowed: (header: string) => boolean
  readonly callers: Callers
  readonly audit: Audit
  readonly live: LiveAnswers
}

/** What is known of a request by the time it is answered. */
interface Found {
  route?: Route
  caller?: Caller
}

type App = { Bindings: HttpBindings; Variables: Found }
type Exchanged = Context<App>

/** The router: guards first, then the table of routes, then the map's files; whatever fails is a problem document. */
export function createApp(env: ApiEnv, doors: Doors): Hono<App> {
  const { log, metrics } = env.options
  const app = new Hono<App>()
  app.use('*', async (c, next) => {
    const startMs = performance.now()
    await next()
    harden(c.res.headers)
    metrics.observe('skein_http_request_duration_seconds', {}, (performance.now() - startMs) / 1_000)
    metrics.inc('skein_http_requests_total', { route: countedAs(c.req.path), code: codeClass(c.res.status) })
    account(c, env, doors.audit)
  })
  // Its own handler, below the one that measures: what it refuses is measured and hardened too.
  app.use('*', (c, next) => {
    guard(c, doors)
    return next()
  })
  for (const route of routes) {
    app.on(route.method, route.path, c => {
      c.set('route', route)
      const caller = admit(c, route.scope, doors)
      return route.handle({ env, request: c.req.raw, outgoing: c.env.outgoing, caller })
    })
  }
  app.notFound(c => otherwise(c, env, doors))
  app.onError((error, c) => {
    if (error instanceof ApiProblem) return problemResponse(error.facts, c.req.path)
    log.error({ err: error, route: c.get('route')?.path ?? 'other' }, 'a request failed')
    return problemResponse(INTERNAL_PROBLEM, c.req.path)
  })
  return app
}

/** Throws ApiProblem for a request that must not get any further, whoever sent it. */
function guard(c: Exchanged, { hostAllowed }: Doors): void {
  const { headers } = c.req.raw
  const host = headers.get('host') ?? ''
  if (!hostAllowed(host)) {
    throw new ApiProblem({
      code: 'unknown-host',
      status: 421,
      detail: `This node is not addressed as ${JSON.stringify(host)}.`,
      hint: 'Use its IP address or localhost, or add the name to the allowed hosts of the API.',
      refused: 'host',
    })
  }
  if (c.req.path.startsWith('/api/') && isForeign(headers)) {
    throw new ApiProblem({
      code: 'foreign-origin',
      status: 403,
      detail: `A page of ${headers.get('origin') ?? 'another site'} may not use this node.`,
      hint: 'Open the map that the node itself serves, or ask from a program.',
      refused: 'origin',
    })
  }
}

/** The caller, if it may do what needs this scope. Throws ApiProblem if not. */
function admit(c: Exchanged, scope: Route['scope'], { callers, live }: Doors): Caller {
  const caller = callers.identify(c.req.raw.headers.get('authorization'), remoteOf(c))
  c.set('caller', caller)
  if (scope !== 'anyone') demand(caller, scope)
  live.add(c.env.outgoing, caller)
  return caller
}

/** Counts refusals, and puts them and every change on record. */
function account(c: Exchanged, { options: { metrics } }: ApiEnv, audit: Audit): void {
  const { route, caller } = c.var
  const refused = c.error instanceof ApiProblem ? c.error.facts.refused : undefined
  if (refused !== undefined) metrics.inc('skein_api_auth_failures_total', { reason: refused })
  if (refused === undefined && (route === undefined || route.method === 'GET')) return
  const call = {
    method: c.req.method,
    route: route?.path ?? 'other',
    token: caller?.token ?? null,
    scope: caller?.scope ?? null,
    remote: remoteOf(c),
    status: c.res.status,
    refused: refused !== undefined,
  }
  audit.record(call, performance.now())
}

/** Of the connection itself: what a header says of others before it can be made up. */
function remoteOf(c: Exchanged): string {
  const address = c.env.incoming.socket.remoteAddress
  return address === undefined || address === '' ? 'unix' : address.replace(/^::ffff:(?=\d+\.)/, '')
}

/** No route took it: a file of the map, a wrong method, or a path that does not exist. */
async function otherwise(c: Exchanged, env: ApiEnv, doors: Doors): Promise<Response> {
  const { path, method } = c.req
  if (!isStaticPath(path)) admit(c, 'read', doors)
  const allowed = routes.filter(route => route.path === path).map(route => route.method)
  if (allowed.length > 0 || isStaticPath(path)) {
    const allow = allowed.includes('POST') ? 'POST' : 'GET, HEAD'
    if (allowed.length > 0 || (method !== 'GET' && method !== 'HEAD')) {
      throw new ApiProblem({
        code: 'method-not-allowed',
        status: 405,
        detail: `${path} does not take ${method}.`,
        hint: `Use ${allow}.`,
        headers: { allow },
      })
    }
    const file = await staticResponse(path, c.req.raw.headers, env)
    if (file !== null) return file
  }
  const near = nearRoutes(
    path,
    routes.map(route => route.path),
  )
  throw new ApiProblem({
    code: 'not-found',
    status: 404,
    detail: `There is no ${path} here.`,
    hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'All routes are in /api/openapi.json.',
    near,
  })
}

const counted = new Map<string, HttpRoute>(routes.map(route => [route.path, route.counted]))
const countedAs = (path: string): HttpRoute => counted.get(path) ?? 'other'

const codeClass = (status: number) =>
  status < 300 ? '2xx' : status < 400 ? '3xx' : status < 500 ? '4xx' : '5xx'

/** The API's own answers are data: nothing in them may run, be framed or be taken for something else. */
function harden(headers: Headers): void {
  headers.set('x-content-type-options', 'nosniff')
  headers.set('referrer-policy', 'no-referrer')
  if (!headers.has('content-security-policy'))
    headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
}
