import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'
import type { SkeinNode } from '../interface.ts'
import { createApp, type Doors } from './app.ts'
import { Audit } from './audit.ts'
import { Callers } from './guard/callers.ts'
import { readToken } from './guard/configured-token.ts'
import { hostRule, isLoopback } from './guard/hosts.ts'
import { TokenBook } from './guard/token-book.ts'
import { type Api, type ApiOptions, DEFAULT_API_LIMITS } from './interface.ts'
import { listen } from './listen.ts'
import { listenOnSocket } from './listen-socket.ts'
import { LiveAnswers } from './live-answers.ts'
import { INTERNAL_PROBLEM, type ProblemFacts, problemDocument, problemResponse } from './problem.ts'
import type { ApiEnv } from './route.ts'
import { ApiStartError } from './start-error.ts'
import { staticFiles } from './static.ts'
import { OpenStreams } from './stream/open-streams.ts'

/** How long running requests may take to finish once the server closes. */
const CLOSE_GRACE_MS = 1_000
/** How often streams are asked whether their token still stands, and calls that were counted are written down. */
const KEEPING_MS = 1_000

/**
 * Serves a node over HTTP. Throws ApiStartError: a host that others can reach without a token, a token that cannot
 * be read or could be guessed, a taken port or socket, an address that is not ours.
 */
export async function startApi(node: SkeinNode, options: ApiOptions): Promise<Api> {
  const host = options.host ?? '127.0.0.1'
  const { socket, log } = options
  const env: ApiEnv = {
    node,
    options,
    limits: { ...DEFAULT_API_LIMITS, ...options.limits },
    streams: new OpenStreams(options.metrics, log),
    files: staticFiles(options),
  }
  const doors: Doors = {
    hostAllowed: hostRule(host, options.allowedHosts ?? []),
    callers: await createCallers(host, options),
    audit: new Audit(draft => node.note(draft), log),
    live: new LiveAnswers(),
  }
  const server = createHttpServer(env, doors)
  if (socket === undefined)
    await listen(server, { host, port: options.port, strict: options.strictPort ?? false })
  else await listenOnSocket(server, socket)
  const keeping = setInterval(() => {
    doors.live.cutOff()
    doors.audit.sweep(performance.now())
  }, KEEPING_MS).unref()
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: socket === undefined ? `http://${urlHost(host)}:${port}` : `unix:${socket}`,
    port,
    async close() {
      clearInterval(keeping)
      await close(server, env.streams)
      await doors.audit.close()
    },
  }
}

/** Who may ask, by the tokens there are. Throws ApiStartError when nobody could tell, or when everybody could come. */
async function createCallers(host: string, options: ApiOptions): Promise<Callers> {
  const { socket, tokenFile, tokensFile, log } = options
  const token = await readToken({
    token: options.token,
    tokenFile,
    warn: (facts, message) => log.warn(facts, message),
  })
  const book = tokensFile === undefined ? null : new TokenBook(tokensFile, log)
  if (book?.fault) throw new ApiStartError('tokens-file', book.fault.message, { cause: book.fault })
  const isLocal = socket !== undefined || isLoopback(host)
  if (!isLocal && token === undefined && (book?.size ?? 0) === 0) throw tokenRequired(host)
  const usual = token !== undefined ? 'none' : socket === undefined ? 'operate' : 'admin'
  const open = isLocal ? (options.open ?? usual) : 'none'
  return new Callers({ open: open === 'none' ? null : open, token, book })
}

function createHttpServer(env: ApiEnv, doors: Doors): Server {
  const { limits } = env
  const server = createServer(
    {
      headersTimeout: limits.headMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.min(limits.headMs, 5_000),
      // Checked by the guards, which answer with more than a bare 400.
      requireHostHeader: false,
    },
    getRequestListener(createApp(env, doors).fetch, {
      // The request stands for no host of its own: one without a Host header must not pass for ours.
      hostname: 'host-header-missing.invalid',
      overrideGlobalObjects: false,
      errorHandler: error => requestProblem(error, env),
    }),
  )
  server.maxConnections = limits.connectionsMax
  // A reader that takes nothing for so long is gone, whatever TCP says; heartbeats keep the healthy ones.
  server.setTimeout(limits.idleMs)
  const unanswered = new WeakMap<object, IncomingMessage>()
  server.on('request', (incoming, outgoing) => {
    unanswered.set(incoming.socket, incoming)
    outgoing.once('close', () => unanswered.delete(incoming.socket))
  })
  server.on('clientError', (error, socket) => {
    // What stands behind a whole request is refused in no words: they would be taken for the answer to that request.
    if (unanswered.get(socket)?.complete === true) socket.destroy()
    else refuseGarbage(error, socket)
  })
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
function refuseGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
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
    `Everyone who reaches ${host} could ask for the API, and there is no token to tell callers by. Make one with ` +
      '"skein token create" (and the same --data-dir), or listen on 127.0.0.1.',
  )
