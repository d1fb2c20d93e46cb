import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'
import type { SkeinNode } from '../interface.ts'
import { createApp, type Guards } from './app.ts'
import { hostRule, isLoopback } from './guard/hosts.ts'
import { readToken, tokenRule } from './guard/token.ts'
import { type Api, type ApiOptions, DEFAULT_API_LIMITS } from './interface.ts'
import { listen } from './listen.ts'
import { INTERNAL_PROBLEM, type ProblemFacts, problemDocument, problemResponse } from './problem.ts'
import type { ApiEnv } from './route.ts'
import { ApiStartError } from './start-error.ts'
import { staticFiles } from './static.ts'
import { OpenStreams } from './stream/open-streams.ts'

/** How long running requests may take to finish once the server closes. */
const CLOSE_GRACE_MS = 1_000

/**
 * Serves a node over HTTP. Throws ApiStartError: a host that others can reach without a token, a token that cannot
 * be read or could be guessed, a taken port, an address that is not ours.
 */
export async function startApi(node: SkeinNode, options: ApiOptions): Promise<Api> {
  const host = options.host ?? '127.0.0.1'
  const token = await readToken({
    token: options.token,
    tokenFile: options.tokenFile,
    warn: (facts, message) => options.log.warn(facts, message),
  })
  if (token === undefined && !isLoopback(host)) throw tokenRequired(host)
  const guards: Guards = {
    hostAllowed: hostRule(host, options.allowedHosts ?? []),
    tokenAllowed: token === undefined ? null : tokenRule(token),
  }
  const env: ApiEnv = {
    node,
    options,
    limits: { ...DEFAULT_API_LIMITS, ...options.limits },
    streams: new OpenStreams(options.metrics, options.log),
    files: staticFiles(options),
  }
  const server = createHttpServer(env, guards)
  await listen(server, { host, port: options.port, strict: options.strictPort ?? false })
  const { port } = server.address() as AddressInfo
  return { url: `http://${urlHost(host)}:${port}`, port, close: () => close(server, env.streams) }
}

function createHttpServer(env: ApiEnv, guards: Guards): Server {
  const { limits } = env
  const server = createServer(
    {
      headersTimeout: limits.headMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.min(limits.headMs, 5_000),
      // Checked by the guards, which answer with more than a bare 400.
      requireHostHeader: false,
    },
    getRequestListener(createApp(env, guards).fetch, {
      // The request stands for no host of its own: one without a Host header must not pass for ours.
      hostname: 'host-header-missing.invalid',
      overrideGlobalObjects: false,
      errorHandler: error => requestProblem(error, env),
    }),
  )
  server.maxConnections = limits.connectionsMax
  // A reader that takes nothing for so long is gone, whatever TCP says; heartbeats keep the healthy ones.
  server.setTimeout(limits.idleMs)
  server.on('clientError', refuseGarbage)
  return server
}

/** What the adapter could not even make a request of: a path or Host header that is no URL. */
function requestProblem(error: unknown, { options }: ApiEnv): Response {
  if (error instanceof Error && error.name === 'RequestError') {
    const detail = `The request line or its Host header is malformed: ${error.message}.`
    return problemResponse({ code: 'bad-request', status: 400, detail, hint: 'Mend the URL.' }, '')
  }
  options.log.error({ err: error }, 'a request failed')
  return problemResponse(INTERNAL_PROBLEM, '')
}

const CLIENT_ERRORS: Readonly<Record<string, ProblemFacts>> = {
  HPE_HEADER_OVERFLOW: {
    code: 'headers-too-large',
    status: 431,
    detail: 'The request headers are larger than 16 KiB.',
    hint: 'Send fewer or shorter headers.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: 'request-timeout',
    status: 408,
    detail: 'The request took too long to arrive.',
    hint: 'Send it in one go.',
  },
}

const MALFORMED: ProblemFacts = {
  code: 'malformed-http',
  status: 400,
  detail: 'This is not HTTP/1.1.',
  hint: 'This port speaks plain HTTP: check that the URL starts with http://, and nothing else dials it.',
}

/** Bytes that are no request: the answer is written by hand, for there is no exchange to answer in. */
function refuseGarbage(error: NodeJS.ErrnoException, socket: Socket & { bytesWritten: number }): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
  const facts = CLIENT_ERRORS[error.code ?? ''] ?? MALFORMED
  const body = `${JSON.stringify(problemDocument(facts, ''))}\n`
  const { status, title } = problemDocument(facts, '')
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

async function close(server: Server, streams: OpenStreams): Promise<void> {
  if (!server.listening) return
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  streams.end()
  server.closeIdleConnections()
  const grace = new AbortController()
  await Promise.race([closed, delay(CLOSE_GRACE_MS, undefined, { signal: grace.signal }).catch(() => {})])
  grace.abort()
  server.closeAllConnections()
  await closed
}

/** What to dial: a wildcard address is reachable as loopback, and IPv6 goes in brackets. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

const tokenRequired = (host: string): ApiStartError =>
  new ApiStartError(
    'token-required',
    `The API would be open to everyone who reaches ${host}. Give it a token (api.tokenFile, made with ` +
      '"openssl rand -hex 32"), or listen on 127.0.0.1.',
  )
