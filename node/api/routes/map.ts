import { z } from 'zod'
import { problemAnswer } from '../json.ts'
import { ApiProblem } from '../problem.ts'
import { defineRoute, type Exchange } from '../route.ts'
import { agentId } from '../schema/common.ts'
import { latestFrames, pacedFrames } from '../stream/frames.ts'
import type { StreamSource } from '../stream/open-streams.ts'
import { requireRoom, streamResponse } from '../stream/response.ts'

/** The live map's feed. */
export const mapRoutes = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/map/stream',
    operationId: 'getMapStream',
    tag: 'map',
    counted: 'map',
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
    handle: async ({ query, ...exchange }) => {
      const { node, options } = exchange.env
      requireRoom(exchange.env, 'map')
      const onDropped = (count: number) => options.metrics.inc('skein_stream_frames_dropped_total', {}, count)
      const source: StreamSource =
        query.as === undefined || query.as === node.agent || exchange.request.method === 'HEAD'
          ? ({ signal }) => pacedFrames({ frame: () => node.mapFrame(), hz: query.hz, signal, onDropped })
          : await remoteFrames(exchange, { agent: query.as, hz: query.hz, onDropped })
      return streamResponse(exchange, 'map', 'application/octet-stream', source)
    },
  }),
]

/** Waits for the first frame before anything is answered: so an agent that does not answer is a clear 503. */
async function remoteFrames(
  { env, request }: Exchange,
  { agent, hz, onDropped }: { readonly agent: string; readonly hz: number; onDropped(count: number): void },
): Promise<StreamSource> {
  if (!env.node.peers().some(peer => peer.agent === agent)) {
    throw new ApiProblem({
      code: 'unknown-agent',
      status: 404,
      detail: `This node knows no agent ${agent}.`,
      hint: 'GET /api/v1/peers lists the ones it knows.',
    })
  }
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(new Error('no frame in time')), env.limits.firstFrameMs)
  const giveUp = () => abort.abort(new Error('the reader left'))
  request.signal.addEventListener('abort', giveUp)
  const frames = env.node.mapFramesOf(agent, hz, abort.signal)[Symbol.asyncIterator]()
  try {
    const first = await frames.next()
    if (first.done === true) throw abort.signal.reason ?? new Error('it ended the stream at once')
    return ({ signal }) => {
      signal.addEventListener('abort', giveUp)
      return latestFrames({ frames: resumed(first.value, frames), signal, onDropped })
    }
  } catch (error) {
    abort.abort()
    const reason = error instanceof Error ? error.message : String(error)
    throw new ApiProblem(
      {
        code: 'agent-unreachable',
        status: 503,
        detail: `Agent ${agent} did not show its map: ${reason}.`,
        hint: 'GET /api/v1/peers says whether it is connected; try again once it is.',
        headers: { 'retry-after': '5' },
      },
      { cause: error },
    )
  } finally {
    clearTimeout(timer)
  }
}

async function* resumed(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}
