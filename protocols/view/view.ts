import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import type { AgentId } from '../../src/ports.ts'
import type { PeerMeter } from '../budget/guard.ts'
import { FrameError } from '../frame-error.ts'
import { type FrameLink, frameLink } from '../stream/frames.ts'

/** Libp2p protocol by which a node shows another what it believes: one request byte (Hz), then map frames. */
const VIEW_PROTOCOL = '/skein/view/1'
/** Ten thousand objects of 70 bytes, with room. */
const VIEW_FRAME_MAX = 1 << 20
const REQUEST_MAX = 8
const VIEW_HZ_MAX = 10
/** Peers that look at one node's view at a time, all together: a drone keeps its link for the swarm. */
const VIEW_READERS_MAX = 4

interface ViewInit {
  /** The connection in use with a peer that is up. */
  readonly connection: (peer: AgentId) => Connection | undefined
}

interface ServeInit extends ViewInit {
  readonly libp2p: Pick<Libp2p, 'handle'>
  readonly meter: PeerMeter
  /** Whether a peer that is up may see what this node believes. */
  readonly mayWatch: (peer: AgentId) => boolean
  /** One frame of this node's belief now; asked for each reader, so it had better be shared. */
  readonly frame: () => Uint8Array
}

/** The view of a peer can't be had from here. */
class ViewUnreachableError extends Error {
  readonly code = 'VIEW_UNREACHABLE'
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'ViewUnreachableError'
  }
}

/** Serves this node's view to peers, so that any node's page can show any node's belief. */
export async function serveViews(init: ServeInit): Promise<void> {
  const readers = new Set<FrameLink>()
  const serve = (stream: Stream, { remotePeer }: Connection): void => {
    const reader = remotePeer.toString()
    const refusal = refusalOf(init, reader)
    if (refusal === null) serveView(init, stream, reader, readers)
    else stream.abort(new Error(refusal))
  }
  await init.libp2p.handle(VIEW_PROTOCOL, serve, {
    runOnLimitedConnection: true,
    maxInboundStreams: VIEW_READERS_MAX,
  })
}

/** Why a peer is shown nothing, or nothing more; null = it is. */
function refusalOf({ connection, mayWatch }: ServeInit, reader: AgentId): string | null {
  if (connection(reader) === undefined) return 'say hello first'
  return mayWatch(reader) ? null : 'your role may not watch views, or your certificate has ended'
}

function serveView(init: ServeInit, stream: Stream, reader: AgentId, readers: Set<FrameLink>): void {
  let timer: NodeJS.Timeout | undefined
  const link: FrameLink = frameLink({
    stream,
    maxFrameBytes: REQUEST_MAX,
    maxFramesPerS: 1,
    onFault: fault => init.meter.fault(reader, fault),
    onFrame: request => {
      const hz = request[0] ?? 0
      if (hz < 1 || hz > VIEW_HZ_MAX)
        throw new FrameError('malformed', `a view has 1 to ${VIEW_HZ_MAX} frames a second`, 0)
      if (!readers.has(link) && readers.size >= VIEW_READERS_MAX)
        throw new Error(`${VIEW_READERS_MAX} peers look at this node's view already`)
      readers.add(link)
      clearInterval(timer)
      timer = setInterval(() => {
        // Rights end while a view runs: a role is taken away, a certificate is over.
        const refusal = refusalOf(init, reader)
        if (refusal === null) show(link, init.frame)
        else link.abort(new Error(refusal))
      }, 1000 / hz)
    },
    onEnd: () => {
      clearInterval(timer)
      readers.delete(link)
    },
  })
}

/** A reader that lags gets fewer frames, each the newest, never a queue of old ones. */
function show(link: FrameLink, frame: () => Uint8Array): void {
  if (link.unsentBytes() > 0) return
  try {
    link.send(frame())
  } catch (error) {
    // A frame that can't be made costs its readers the view, not the node its life.
    link.abort(error instanceof Error ? error : new Error(String(error)))
  }
}

/** Frames of another node's belief, until `signal` aborts. Only the newest waits to be read. */
export async function* viewOf(
  init: ViewInit,
  agent: AgentId,
  hz: number,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const connection = init.connection(agent)
  if (connection === undefined)
    throw new ViewUnreachableError(
      `agent ${agent} is not connected to this node: ask a node that is, or wait until it is back`,
    )
  const opening = AbortSignal.timeout(3_000)
  const stream = await connection.newStream(VIEW_PROTOCOL, { runOnLimitedConnection: true, signal: opening })
  let newest: Uint8Array | null = null
  let ended: { readonly error?: Error | undefined } | null = null
  let wake = (): void => {}
  const link = frameLink({
    stream,
    maxFrameBytes: VIEW_FRAME_MAX,
    maxFramesPerS: 2 * VIEW_HZ_MAX,
    onFrame: frame => {
      newest = frame.slice()
      wake()
    },
    onEnd: error => {
      ended = { error }
      wake()
    },
  })
  const onAbort = (): void => wake()
  signal.addEventListener('abort', onAbort)
  try {
    // Who was refused already hears of no end any more.
    if (!link.send(Uint8Array.of(hz))) ended = { error: new Error('the stream is closed') }
    while (!signal.aborted && ended === null) {
      if (newest === null) {
        await new Promise<void>(resolve => {
          wake = resolve
        })
        continue
      }
      const frame: Uint8Array = newest
      newest = null
      yield frame
    }
    const end = ended as { readonly error?: Error | undefined } | null
    if (end?.error !== undefined)
      throw new ViewUnreachableError(
        `agent ${agent} ended the stream: it left, our role may not watch views, or ${VIEW_READERS_MAX} others look at its view`,
        end.error,
      )
  } finally {
    signal.removeEventListener('abort', onAbort)
    await link.close().catch(() => {})
  }
}
