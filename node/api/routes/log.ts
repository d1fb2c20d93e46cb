import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { eventJson } from '../event-json.ts'
import { problemAnswer } from '../json.ts'
import { ApiProblem } from '../problem.ts'
import { defineRoute, type Exchange } from '../route.ts'
import { eventRecord, signedLogLine } from '../schema/event.ts'
import { EventFeed, type FeedItem } from '../stream/event-feed.ts'
import { streamResponse } from '../stream/response.ts'
import { typeFilter } from '../stream/type-filter.ts'

const seqParameter = (from: number) => z.coerce.number({ error: 'must be a sequence number' }).int().min(from)

/** How long a client should wait before it connects again. */
const RETRY_MS = 2_000

/** Characters of the log that are sent at once. */
const PIECE_LENGTH = 16_384

/** This node's own log: what is in it, and what comes. */
export const logRoutes = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/log',
    operationId: 'getLog',
    tag: 'log',
    counted: 'log',
    scope: 'read',
    summary: 'The durable events of this node, oldest first, one JSON object per line',
    query: z.strictObject({
      from: seqParameter(1).optional().describe('First sequence number wanted'),
      limit: seqParameter(1).optional().describe('At most so many events'),
    }),
    answers: [
      { status: 200, description: 'NDJSON', contentType: 'application/x-ndjson', schema: eventRecord },
      problemAnswer(400, 'A parameter is wrong'),
    ],
    handle: ({ query, ...exchange }) =>
      streamResponse(exchange, 'log', 'application/x-ndjson', handle =>
        logLines(exchange, query.from ?? 1, { signal: handle.signal, limit: query.limit }),
      ),
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/log/signed',
    operationId: 'getSignedLog',
    tag: 'log',
    counted: 'log',
    scope: 'read',
    summary: 'The durable events of this node with the signatures of their batches: what can be verified',
    description:
      'NDJSON, oldest first, the signature of each batch after its events. Ends with a signature: events that none covers yet are left out. `skein log verify` and verifyLog of the library read it.',
    query: z.strictObject({
      from: seqParameter(1).optional().describe('First sequence number wanted'),
    }),
    answers: [
      { status: 200, description: 'NDJSON', contentType: 'application/x-ndjson', schema: signedLogLine },
      problemAnswer(400, 'A parameter is wrong'),
      problemAnswer(503, 'Too many readers'),
    ],
    handle: ({ query, ...exchange }) =>
      streamResponse(exchange, 'log', 'application/x-ndjson', ({ signal }) =>
        inPieces(exchange.env.node.exportLog(query.from ?? 1, { signal })),
      ),
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/events',
    operationId: 'getEvents',
    tag: 'log',
    counted: 'events',
    scope: 'read',
    summary: 'Events as they become durable, as server-sent events',
    description:
      'id is the sequence number in the log. Last-Event-ID (or since) resumes after that event, from the log, without gap or duplicate; without either the stream starts with what happens next. An event named "gap" tells of events that are no longer kept. A reader that falls too far behind is dropped and may resume.',
    query: z.strictObject({
      since: seqParameter(0).optional().describe('Resume after this sequence number; 0 = from the beginning'),
      types: z
        .string()
        .optional()
        .describe('Comma-separated: peer.joined, or peer.* (also peer) for all that begin so'),
    }),
    answers: [
      { status: 200, description: 'The stream', contentType: 'text/event-stream', schema: eventRecord },
      problemAnswer(400, 'A parameter is wrong'),
      problemAnswer(409, 'The log ends before the event to resume after'),
      problemAnswer(503, 'Too many readers'),
    ],
    handle: ({ query, ...exchange }) => {
      const after = resumePoint(exchange, query.since)
      const { node, limits } = exchange.env
      return streamResponse(exchange, 'events', 'text/event-stream', async function* ({ signal, drop }) {
        const feed = new EventFeed({
          node,
          after,
          matches: typeFilter(query.types),
          queueMax: limits.eventQueueMax,
          heartbeatMs: limits.heartbeatMs,
          signal,
          onOverflow: () => drop(`more than ${limits.eventQueueMax} events wait for it`),
        })
        yield Buffer.from(`retry: ${RETRY_MS}\n\n`)
        for await (const item of feed.items()) yield Buffer.from(sseText(item))
      })
    },
  }),
]

async function* logLines(
  { env }: Exchange,
  from: number,
  { signal, limit }: { readonly signal: AbortSignal; readonly limit: number | undefined },
): AsyncGenerator<Uint8Array> {
  for await (const event of env.node.readLog(from, { signal, ...(limit !== undefined && { limit }) }))
    yield Buffer.from(`${JSON.stringify(eventJson(event))}\n`)
}

/**
 * Whole lines, many to a piece: a long log must not cost a write to the socket for each of its lines. Between two pieces
 * the node does its own work, which does not wait for a long log.
 */
async function* inPieces(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let piece = ''
  for await (const line of lines) {
    piece += line
    if (piece.length < PIECE_LENGTH) continue
    yield Buffer.from(piece)
    piece = ''
    await setImmediate()
  }
  if (piece !== '') yield Buffer.from(piece)
}

/** An id moves the client's resume point also where there is no event to show (HTML standard, section 9.2.6). */
function sseText(item: FeedItem): string {
  if (item.t === 'idle') return `: alive\nid: ${item.seq}\n\n`
  if (item.t === 'gap') return `event: gap\ndata: ${JSON.stringify({ from: item.from, to: item.to })}\n\n`
  return `id: ${item.event.event.seq}\ndata: ${JSON.stringify(eventJson(item.event))}\n\n`
}

/** A browser that connects again sends what it saw last, and that is newer than the address it was given. */
function resumePoint({ env, request }: Exchange, since: number | undefined): number {
  const header = request.headers.get('last-event-id')
  const { durableSeq } = env.node.status().log
  if (header !== null && header !== '' && !/^\d{1,15}$/.test(header)) {
    throw new ApiProblem({
      code: 'invalid-last-event-id',
      status: 400,
      detail: `Last-Event-ID must be a sequence number of the log, not ${JSON.stringify(header)}.`,
      hint: 'Send the id of the last event you saw, as it came.',
    })
  }
  const after = header ? Number(header) : (since ?? durableSeq)
  if (after <= durableSeq) return after
  throw new ApiProblem({
    code: 'ahead-of-log',
    status: 409,
    detail: `You resume after event ${after}, but the log of this node ends at ${durableSeq}: it is another log.`,
    hint: 'Compare the agent in /api/v1/status with the one you knew, then start over with since=0.',
  })
}
