import type { CommandPost } from '../api/schema/command.ts'
import type { EventRecord } from '../api/schema/event.ts'
import type { PositionReport } from '../api/schema/position.ts'
import type { CommandAnswer, NeighborView, NodeStatus, PeerView, TrustView } from '../interface.ts'
import { type EventsOptions, followEvents } from './events.ts'
import { createRequester } from './request.ts'

export type { CommandPost } from '../api/schema/command.ts'
export type { EventRecord } from '../api/schema/event.ts'
export type { PositionReport } from '../api/schema/position.ts'
export type { ProblemDocument } from '../api/schema/problem.ts'
export { ProblemError, UnreachableError } from './errors.ts'
export type { EventsOptions } from './events.ts'

export interface ClientOptions {
  /** Where the node's API is: `http://127.0.0.1:4780`, or in Node also `unix:/run/skein.sock`. */
  readonly url: string
  /** A token of the node, where it wants one. */
  readonly token?: string
  /** How long to wait for the head of an answer. @default 10000 */
  readonly timeoutMs?: number
}

export interface CallOptions {
  readonly signal?: AbortSignal
}

export interface LogOptions extends CallOptions {
  /** First sequence number wanted. @default 1, or the oldest that is kept */
  readonly from?: number
  /** At most so many. @default all that is durable now */
  readonly limit?: number
}

export interface SignedLogOptions extends CallOptions {
  /** First sequence number wanted. @default 1, or the oldest that is kept */
  readonly from?: number
}

/** Whether the node is ready, with one line per check: `ok`/`fail`, name, detail. */
export interface Readiness {
  readonly ready: boolean
  readonly text: string
}

/**
 * A node as its HTTP API shows it. Calls fail with `ProblemError` (it answered no, and why) or
 * `UnreachableError` (nobody there, or the connection broke).
 */
export interface SkeinClient {
  status(options?: CallOptions): Promise<NodeStatus>
  peers(options?: CallOptions): Promise<readonly PeerView[]>
  neighbors(options?: CallOptions): Promise<readonly NeighborView[]>
  readiness(options?: CallOptions): Promise<Readiness>
  /** Prometheus text. */
  metrics(options?: CallOptions): Promise<string>
  /** Tells the node where its vehicle is: for a program that is the vehicle. */
  postPosition(report: PositionReport, options?: CallOptions): Promise<void>
  /**
   * Commands a vehicle as the node, and waits for the vehicle's answer. A ProblemError with status 504 means that nobody
   * knows: ask again with its nonce.
   */
  command(command: CommandPost, options?: CallOptions): Promise<CommandAnswer>
  /**
   * Hands the node a revocation list, as `skein ca revoke` makes it; from there it spreads through the swarm. Not `taken`:
   * what the node has, of `epoch`, is as new or newer.
   */
  postRevocations(
    list: Uint8Array,
    options?: CallOptions,
  ): Promise<{ readonly taken: boolean; readonly epoch: number }>
  /** Who was revoked, and how far the logs of others go. */
  trust(options?: CallOptions): Promise<TrustView>
  /** The node's own log, oldest first, up to what is durable now. */
  log(options?: LogOptions): AsyncIterable<EventRecord>
  /**
   * The same with the signature of each batch, for `verifyLog`: lines of JSON, without their ends. The last one is a
   * signature.
   */
  signedLog(options?: SignedLogOptions): AsyncIterable<string>
  /** Events as they become durable; connects again, without gap or duplicate, when the link breaks. */
  events(options?: EventsOptions): AsyncIterable<EventRecord>
}

/** A client of one node's HTTP API. Runs in Node and in a browser; keeps no connection open by itself. */
export function createClient(options: ClientOptions): SkeinClient {
  const request = createRequester(options)
  const json = async <T>(path: string, call: CallOptions = {}): Promise<T> => {
    const answer = await request({ path, ...call })
    return (await answer.json()) as T
  }
  return {
    status: call => json('/api/v1/status', call),
    peers: call => json('/api/v1/peers', call),
    neighbors: call => json('/api/v1/neighbors', call),
    trust: call => json('/api/v1/trust', call),
    async readiness(call = {}) {
      const answer = await request({ path: '/readyz?verbose', accept: [200, 503], ...call })
      return { ready: answer.status === 200, text: await answer.text() }
    },
    async metrics(call = {}) {
      return (await request({ path: '/metrics', ...call })).text()
    },
    async postPosition(report, call = {}) {
      await request({ path: '/api/v1/position', body: report, ...call })
    },
    async command(body, call = {}) {
      const answer = await request({ path: '/api/v1/commands', body, ...call })
      return (await answer.json()) as CommandAnswer
    },
    async postRevocations(list, call = {}) {
      const answer = await request({ path: '/api/v1/trust/revocations', body: list, ...call })
      return (await answer.json()) as { taken: boolean; epoch: number }
    },
    async *log({ from, limit, signal } = {}) {
      const query = new URLSearchParams()
      if (from !== undefined) query.set('from', String(from))
      if (limit !== undefined) query.set('limit', String(limit))
      const answer = await request({ path: `/api/v1/log?${query}`, ...(signal && { signal }) })
      for await (const line of answer.lines()) if (line !== '') yield answer.parse(line) as EventRecord
    },
    async *signedLog({ from = 1, signal } = {}) {
      const answer = await request({ path: `/api/v1/log/signed?from=${from}`, ...(signal && { signal }) })
      for await (const line of answer.lines()) if (line !== '') yield line
    },
    events: events => followEvents(request, events),
  }
}
