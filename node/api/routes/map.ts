import { z } from 'zod'
import { problemAnswer } from '../json.ts'
import { ApiProblem } from '../problem.ts'
import { type ApiEnv, defineRoute } from '../route.ts'
import { agentId } from '../schema/common.ts'
import { latestFrames, pacedFrames } from '../stream/frames.ts'
import { streamResponse } from '../stream/response.ts'

/** The live map's feed. */
export const mapRoutes = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/map/stream',
    operationId: 'getMapStream',
    tag: 'map',
    counted: 'map',
    scope: 'read',
    summary: "A node's belief as binary frames, for the live map",
    description:
      'Frames one after the other, each with its length before it (protocols/map). A reader that is too slow gets fewer frames, always the newest.',
    query: z.strictObject({
      hz: z.coerce
        .number({ error: 'must be a number from 1 to 10' })
        .min(1)
        .max(10)
        .default(5)
        .describe('Frames a second'),
      as: agentId.optional().describe("Another agent's belief, asked of it over the peer-to-peer network"),
    }),
    answers: [
      { status: 200, description: 'Frames without end', contentType: 'application/octet-stream' },
      problemAnswer(400, 'A parameter is wrong'),
      problemAnswer(404, 'No such agent among the peers'),
      problemAnswer(503, 'Too many readers, or the other agent does not answer'),
    ],
    handle: ({ query, ...exchange }) => {
      const { node, options } = exchange.env
      const { hz, as: agent = node.agent } = query
      const onDropped = (count: number) => options.metrics.inc('skein_stream_frames_dropped_total', {}, count)
      return streamResponse(exchange, 'map', 'application/octet-stream', ({ signal }) =>
        agent === node.agent
          ? pacedFrames({ frame: () => node.mapFrame(), hz, signal, onDropped })
          : remoteFrames(exchange.env, { agent, hz, signal, onDropped }),
      )
    },
  }),
]

interface RemoteFrames {
  readonly agent: string
  readonly hz: number
  /** Aborted when nobody waits for the frames any more. */
  readonly signal: AbortSignal
  onDropped(count: number): void
}

/** Waits for the first frame before anything is answered: so an agent that does not answer is a clear 503. */
async function remoteFrames(
  { node, limits }: ApiEnv,
  { agent, hz, signal, onDropped }: RemoteFrames,
): Promise<AsyncIterable<Uint8Array>> {
  if (!node.peers().some(peer => peer.agent === agent)) {
    throw new ApiProblem({
      code: 'unknown-agent',
      status: 404,
      detail: `This node knows no agent ${agent}.`,
      hint: 'GET /api/v1/peers lists the ones it knows.',
    })
  }
  const abort = new AbortController()
  const frames = node.mapFramesOf(agent, hz, abort.signal)[Symbol.asyncIterator]()
  // The peer sends until it is told that nobody looks, also to a reader that left before it took the first frame.
  const giveUp = (reason: string) => {
    abort.abort(new Error(reason))
    void frames.return?.().catch(() => {})
  }
  const timer = setTimeout(() => abort.abort(new Error('no frame in time')), limits.firstFrameMs)
  const onLeft = () => giveUp('the request was broken off')
  if (signal.aborted) onLeft()
  else signal.addEventListener('abort', onLeft, { once: true })
  try {
    const first = await frames.next()
    if (first.done === true) throw abort.signal.reason ?? new Error('it ended the stream at once')
    return latestFrames({ frames: resumed(first.value, frames), signal, onDropped })
  } catch (error) {
    giveUp('it failed')
    throw unreachable(agent, error)
  } finally {
    clearTimeout(timer)
  }
}

function unreachable(agent: string, error: unknown): ApiProblem {
  const reason = error instanceof Error ? error.message : String(error)
  return new ApiProblem(
    {
      code: 'agent-unreachable',
      status: 503,
      detail: `Agent ${agent} did not show its map: ${reason}.`,
      hint: 'GET /api/v1/peers says whether it is connected; try again once it is.',
      headers: { 'retry-after': '5' },
    },
    { cause: error },
  )
}

async function* resumed(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}
