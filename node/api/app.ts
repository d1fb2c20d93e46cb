import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { HttpRoute } from '../metrics/http.ts'
import { isForeign } from './guard/origin.ts'
import { nearRoutes } from './near-routes.ts'
import { ApiProblem, INTERNAL_PROBLEM, problemResponse } from './problem.ts'
import type { ApiEnv } from './route.ts'
import { routes } from './routes.ts'
import { isStaticPath, staticResponse } from './static.ts'

export interface Guards {
  readonly hostAllowed: (header: string) => boolean
  /** Null = no token is needed. */
  readonly tokenAllowed: ((authorization: string | null) => boolean) | null
}

type App = { Bindings: HttpBindings }

/** The router: guards first, then the table of routes, then the map's files; whatever fails is a problem document. */
export function createApp(env: ApiEnv, guards: Guards): Hono<App> {
  const { log, metrics } = env.options
  const app = new Hono<App>()
  app.use('*', async (c, next) => {
    const startMs = performance.now()
    await next()
    harden(c.res.headers)
    metrics.observe('skein_http_request_duration_seconds', {}, (performance.now() - startMs) / 1_000)
    metrics.inc('skein_http_requests_total', { route: countedAs(c.req.path), code: codeClass(c.res.status) })
  })
  // Its own handler, below the one that measures: what it refuses is measured and hardened too.
  app.use('*', (c, next) => {
    guard(c, guards)
    return next()
  })
  for (const route of routes) {
    app.on(route.method, route.path, c => route.handle({ env, request: c.req.raw, outgoing: c.env.outgoing }))
  }
  app.notFound(c => otherwise(c, env))
  app.onError((error, c) => {
    if (error instanceof ApiProblem) return problemResponse(error.facts, c.req.path)
    log.error({ err: error, path: c.req.path }, 'a request failed')
    return problemResponse(INTERNAL_PROBLEM, c.req.path)
  })
  return app
}

/** Throws ApiProblem for a request that must not get any further. */
function guard(c: Context<App>, { hostAllowed, tokenAllowed }: Guards): void {
  const { headers } = c.req.raw
  const host = headers.get('host') ?? ''
  if (!hostAllowed(host)) {
    throw new ApiProblem({
      code: 'unknown-host',
      status: 421,
      detail: `This node is not addressed as ${JSON.stringify(host)}.`,
      hint: 'Use its IP address or localhost, or add the name to the allowed hosts of the API.',
    })
  }
  const path = c.req.path
  if (path.startsWith('/api/') && isForeign(headers)) {
    throw new ApiProblem({
      code: 'foreign-origin',
      status: 403,
      detail: `A page of ${headers.get('origin') ?? 'another site'} may not use this node.`,
      hint: 'Open the map that the node itself serves, or ask from a program.',
    })
  }
  if (tokenAllowed === null || isOpen(path)) return
  const authorization = headers.get('authorization')
  if (tokenAllowed(authorization)) return
  throw new ApiProblem({
    code: authorization === null ? 'token-missing' : 'token-wrong',
    status: 401,
    detail: authorization === null ? 'This node wants a token.' : 'This is not the token of this node.',
    hint: "Send the header 'Authorization: Bearer TOKEN'.",
    headers: { 'www-authenticate': 'Bearer realm="skein"' },
  })
}

const openPaths = new Set(routes.filter(route => route.open === true).map(route => route.path))
const isOpen = (path: string): boolean => openPaths.has(path) || isStaticPath(path)

/** No route took it: a file of the map, a wrong method, or a path that does not exist. */
async function otherwise(c: Context<App>, env: ApiEnv): Promise<Response> {
  const { path, method } = c.req
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
