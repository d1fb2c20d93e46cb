import type { ProblemDocument } from '../api/schema/problem.ts'
import { ProblemError, UnreachableError } from './errors.ts'
import { lines } from './lines.ts'
import { fetchOverSocket, socketPathOf } from './unix-socket.ts'

const TIMEOUT_MS = 10_000

interface Call {
  readonly path: string
  /** Sent with POST: bytes as CBOR, anything else as JSON; without one it is a GET. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Statuses that are an answer and no error. @default 2xx */
  readonly accept?: readonly number[]
  readonly signal?: AbortSignal
}

/** What came back. Reading the body can fail too, when the node dies midway. */
interface Answer {
  readonly status: number
  text(): Promise<string>
  json(): Promise<unknown>
  /** Line by line, as they come. */
  lines(): AsyncIterable<string>
  /** A line or another piece of it, as JSON. */
  parse(text: string): unknown
}

export type Requester = (call: Call) => Promise<Answer>

/** Does one request after the other against one node, and turns what can go wrong into the two client errors. */
export function createRequester(options: {
  readonly url: string
  readonly token?: string
  readonly timeoutMs?: number
}): Requester {
  const base = options.url.replace(/\/+$/, '')
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
  const socketPath = socketPathOf(options.url)
  const send = (path: string, init: Parameters<typeof fetchOverSocket>[2]): Promise<Response> =>
    socketPath === null
      ? fetch(`${base}${path}`, { ...init, redirect: 'error' })
      : fetchOverSocket(socketPath, path, init)
  return async call => {
    const abort = headTimeout(call.signal, timeoutMs)
    try {
      const response = await send(call.path, {
        method: call.body === undefined ? 'GET' : 'POST',
        headers: {
          ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
          ...(call.body !== undefined && {
            'content-type': isBytes(call.body) ? 'application/cbor' : 'application/json',
          }),
          ...call.headers,
        },
        ...(call.body !== undefined && { body: isBytes(call.body) ? call.body : JSON.stringify(call.body) }),
        signal: abort.signal,
      })
      abort.headArrived()
      if (!(call.accept?.includes(response.status) ?? response.ok)) throw await problemOf(response, base)
      return answerOf(response, base, call.signal)
    } catch (error) {
      if (error instanceof ProblemError || error instanceof UnreachableError) throw error
      call.signal?.throwIfAborted()
      throw new UnreachableError(base, reasonOf(error), { cause: error })
    } finally {
      abort.headArrived()
    }
  }
}

function isBytes(body: unknown): body is Uint8Array<ArrayBuffer> {
  return body instanceof Uint8Array
}

/**
 * A signal that ends the request when the caller says so, at any time, or when its head is late.
 * The caller's listener is weakly held by the platform once the request is collected (`AbortSignal.any`).
 */
function headTimeout(signal: AbortSignal | undefined, timeoutMs: number) {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new Error(`nothing came within ${timeoutMs} ms`)), timeoutMs)
  return {
    signal: signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
    headArrived: () => clearTimeout(timer),
  }
}

function answerOf(response: Response, base: string, signal: AbortSignal | undefined): Answer {
  const broken = (error: unknown) => {
    signal?.throwIfAborted()
    return new UnreachableError(base, `the answer broke off (${reasonOf(error)})`, { cause: error })
  }
  const reading = async <T>(read: Promise<T>): Promise<T> => {
    try {
      return await read
    } catch (error) {
      throw broken(error)
    }
  }
  return {
    status: response.status,
    text: () => reading(response.text()),
    json: () => reading(response.json()),
    parse(text) {
      try {
        return JSON.parse(text)
      } catch (error) {
        throw broken(error)
      }
    },
    async *lines() {
      try {
        if (response.body !== null) yield* lines(response.body)
      } catch (error) {
        throw broken(error)
      }
    },
  }
}

/** The node's own words; or, when something else answered (a proxy, another program), what that was. */
async function problemOf(response: Response, base: string): Promise<ProblemError | UnreachableError> {
  const text = await response.text().catch(() => '')
  if (response.headers.get('content-type')?.includes('application/problem+json') === true)
    return new ProblemError(JSON.parse(text) as ProblemDocument)
  return new UnreachableError(base, `what answers there is no node (HTTP ${response.status})`)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause
  if (cause instanceof Error && cause.message !== '') return cause.message
  return error.message
}
