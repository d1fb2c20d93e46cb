import type { HttpStream } from '../../metrics/http.ts'
import { ApiProblem } from '../problem.ts'
import type { ApiEnv, Exchange } from '../route.ts'
import type { StreamSource } from './open-streams.ts'

/** An answer that is sent piece by piece, for as long as its source has something to say. */
export async function streamResponse(
  { env, request, outgoing }: Exchange,
  stream: HttpStream,
  contentType: string,
  source: StreamSource,
): Promise<Response> {
  const headers = { 'content-type': contentType, 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
  // HEAD asks for the head alone; the router would drop the body unread, and the source would never end.
  if (request.method === 'HEAD') return new Response(null, { headers })
  requireRoom(env, stream)
  return new Response(await env.streams.body(stream, outgoing, source), { headers })
}

/** Throws ApiProblem (503) when the stream has as many readers as it may have. */
function requireRoom(env: ApiEnv, stream: HttpStream): void {
  const { eventClientsMax, mapClientsMax } = env.limits
  const max = stream === 'map' ? mapClientsMax : eventClientsMax
  if (env.streams.count(stream) < max) return
  throw new ApiProblem({
    code: 'too-many-readers',
    status: 503,
    detail: `This node already serves ${max} readers of this stream.`,
    hint: 'Close one, or ask another node; a drone keeps its link for the swarm.',
    headers: { 'retry-after': '10' },
  })
}
