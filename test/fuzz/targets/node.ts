import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Connection, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { encode as lengthPrefixed } from 'it-length-prefixed'
import { createLibp2p } from 'libp2p'
import { loadConfig } from '../../../node/config/load.ts'
import { createLogger } from '../../../node/log.ts'
import { createNode, type RunningNode } from '../../../node/node.ts'
import { encodeHello, HELLO_PROTOCOL, type Hello } from '../../../protocols/hello/codec.ts'
import { SYNC_PROTOCOL } from '../../../protocols/sync/codec.ts'
import { swarmLayers } from '../../../protocols/transport/layers.ts'
import { type Boundary, FaultError, type Outcome, type Target } from '../engine/target.ts'
import { rpcs } from './gossip-rpc.ts'
import { plain } from './swarm.ts'
import { framesOf, syncMessages } from './sync-frames.ts'

const SWARM_NAME = `fuzzed-${process.pid}`
const GOSSIP_PROTOCOL = '/meshsub/1.2.0'
/** For liveness only. */
const SOON_MS = 30_000
/** What is going to be refused is refused by then; what is not, is left unanswered. */
const A_MOMENT_MS = 250
const GROWTH_MAX_BYTES = 64 << 20
/** After so many inputs the node has let an intruder go, or soon will: the next one comes. */
const INPUTS_EACH = 4

const hello: Hello = {
  protocol: 1,
  swarm: SWARM_NAME,
  name: 'intruder',
  role: 'drone',
  boot: 1,
  version: '0',
  instance: 'f0f0f0f0',
  epoch: 0,
  credential: null,
}
const helloFrame = encodeHello({ t: 'hello', hello })
const pulseFrame = encodeHello({
  t: 'pulse',
  pulse: { seq: 1, wallMs: 1_780_272_000_000, echoSeq: -1, heldMs: 0, cell: '' },
})

/** As they travel: each frame with its length in front. */
const onTheWire = (...frames: readonly Uint8Array[]): Uint8Array =>
  plain(Buffer.concat(frames.map(frame => lengthPrefixed.single(frame).subarray())))

/** Waits for something at most so long; says whether it came. */
async function within(ms: number, holds: () => boolean): Promise<boolean> {
  const lastMs = performance.now() + ms
  while (!holds()) {
    if (performance.now() > lastMs) return false
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  return true
}

/** A real node on loopback. */
async function startNode(): Promise<{ readonly node: RunningNode; stop(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'skein-fuzz-'))
  const { config } = loadConfig({
    profile: 'sim',
    flags: {
      name: 'fuzzed',
      swarm: SWARM_NAME,
      dataDir: dir,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      relay: { client: false },
      vehicle: { kind: 'none' },
      api: { port: 0 },
    },
  })
  const to = { write: () => {} }
  const node = await createNode(config, {
    log: createLogger({ level: 'error', format: 'json', name: 'n', to }),
  })
  return {
    node,
    stop: async () => {
      await node.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** A libp2p host without any manners of ours. */
async function startIntruder() {
  const privateKey = await generateKeyPair('Ed25519')
  const host = await createLibp2p({
    privateKey,
    transports: [tcp()],
    ...swarmLayers(null),
    connectionMonitor: { enabled: false },
    services: { identify: identify() },
  })
  await host.handle(GOSSIP_PROTOCOL, stream => stream.addEventListener('message', () => {}))
  await host.handle(SYNC_PROTOCOL, stream => stream.addEventListener('message', () => {}))
  return host
}

type Intruder = Awaited<ReturnType<typeof startIntruder>>

/** Sends an input on a stream of a fresh connection; refused = the node ended the stream or the connection for it. */
type Send = (connection: Connection, input: Uint8Array) => Promise<Outcome>

async function openStream(connection: Connection, protocol: string): Promise<Stream> {
  const stream = await connection.newStream(protocol, { signal: AbortSignal.timeout(SOON_MS) })
  stream.addEventListener('message', () => {})
  return stream
}

/** Ends our half: whoever waits for the rest of a frame knows that it never comes. */
function sendAll(stream: Stream, bytes: Uint8Array): void {
  if (bytes.byteLength > 0 && stream.status === 'open') stream.send(bytes)
  void stream.close().catch(() => {})
}

const sendHello: Send = async (connection, input) => {
  const stream = await openStream(connection, HELLO_PROTOCOL)
  let answered = false
  stream.addEventListener('message', event => {
    // A goodbye comes as an array that starts with 3; a hello with 0.
    answered ||= event.data.subarray().includes(0x00)
  })
  sendAll(stream, input)
  if (!(await within(SOON_MS, () => connection.status !== 'open')))
    throw new FaultError('the connection of who ended its hello stays open')
  return answered ? 'taken' : 'refused'
}

const sendOn =
  (protocol: string): Send =>
  async (connection, input) => {
    const greeting = await openStream(connection, HELLO_PROTOCOL)
    greeting.send(onTheWire(helloFrame))
    // The node opens it only for whom it has let in.
    const stream = await openStream(connection, protocol)
    let isReset = false
    stream.addEventListener('close', event => {
      isReset = event.error !== undefined
    })
    sendAll(stream, input)
    await within(A_MOMENT_MS, () => isReset || connection.status !== 'open')
    return isReset || connection.status !== 'open' ? 'refused' : 'taken'
  }

async function counters(node: RunningNode): Promise<number> {
  const lines = (await node.metrics()).split('\n')
  const counted = /^skein_(peer_faults|peer_budget_exceeded|gossip_messages_rejected)_total\{/
  return lines
    .filter(line => counted.test(line))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

async function isReady(node: RunningNode): Promise<boolean> {
  const { api } = node.status()
  const answer = await fetch(`${api}/readyz`, { signal: AbortSignal.timeout(SOON_MS) })
  await answer.body?.cancel()
  return answer.status === 200
}

/** What a node must still be when all is over. */
async function checkNode(
  node: RunningNode,
  before: number,
  refused: number,
  heapBefore: number,
): Promise<void> {
  if (!(await isReady(node))) throw new FaultError('the node is not ready any more')
  if (refused > 0 && (await counters(node)) <= before) throw new FaultError('no counter rose')
  const grown = heapNow() - heapBefore
  if (grown > GROWTH_MAX_BYTES) throw new FaultError(`${grown} bytes more are held`)
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes alive. */
function heapNow(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function nodeBoundary(corpus: readonly Uint8Array[], send: Send): Promise<Boundary> {
  const { node, stop } = await startNode()
  const address = multiaddr(node.status().listen[0] ?? '')
  const before = await counters(node)
  const heapBefore = heapNow()
  let intruder: Intruder | null = null
  let inputs = 0
  let refused = 0
  const rejections: unknown[] = []
  const onRejection = (error: unknown) => void rejections.push(error)
  process.on('unhandledRejection', onRejection)
  const dial = async (): Promise<Connection> => {
    if (intruder === null || inputs++ % INPUTS_EACH === 0) {
      await intruder?.stop()
      intruder = await startIntruder()
    }
    return await intruder.dial(address, { signal: AbortSignal.timeout(SOON_MS) })
  }
  return {
    corpus,
    take: async input => {
      const connection = await dial()
      let outcome: Outcome
      try {
        outcome = await send(connection, input)
      } catch (error) {
        // Whoever did enough wrong is cut off in the middle of what it does.
        if (error instanceof FaultError || connection.status === 'open') throw error
        outcome = 'refused'
      }
      connection.abort(new Error('the next one'))
      if (outcome === 'refused') refused++
      if (rejections.length > 0) throw new FaultError(`an unhandled rejection: ${rejections[0]}`)
      return outcome
    },
    check: () => checkNode(node, before, refused, heapBefore),
    close: async () => {
      process.off('unhandledRejection', onRejection)
      await intruder?.stop()
      await stop()
    },
  }
}

const UNHARMED =
  'its stream or connection ends, a counter rises, and the node is ready and holds no more than before'

const realNode = (name: string, corpus: readonly Uint8Array[], send: Send): Target => ({
  name,
  form: 'binary',
  unchanged: UNHARMED,
  open: () => nodeBoundary(corpus, send),
})

const HANDSHAKE = Uint8Array.from(
  Buffer.concat([
    Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n', 'latin1'),
    Buffer.from([0, 32]),
    Buffer.alloc(32, 9),
  ]),
)

/** Writes to a port and hangs up; what came back. */
function exchange(port: number, bytes: Uint8Array): Promise<Uint8Array> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new FaultError('the node does not hang up'))
    }, SOON_MS)
    socket.on('data', chunk => void chunks.push(chunk))
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(Buffer.concat(chunks))
    })
    socket.end(bytes)
  })
}

const rawTcp: Target = {
  name: 'node-tcp',
  form: 'binary',
  unchanged: 'the node hangs up, is ready, and holds no more than before',
  open: async () => {
    const { node, stop } = await startNode()
    const port = Number(/\/tcp\/(\d+)/.exec(node.status().listen[0] ?? '')?.[1])
    const heapBefore = heapNow()
    return {
      corpus: [HANDSHAKE],
      take: async input => {
        const answer = Buffer.from(await exchange(port, input)).toString('latin1')
        return answer.includes('/noise') ? 'taken' : 'refused'
      },
      check: () => checkNode(node, 0, 0, heapBefore),
      close: stop,
    }
  },
}

/** Real sockets: slower by orders of magnitude than what they lead to, which has targets of its own. */
export const NODE: readonly Target[] = [
  realNode('node-hello', [onTheWire(helloFrame), onTheWire(helloFrame, pulseFrame)], sendHello),
  realNode('node-sync', [onTheWire(...framesOf(syncMessages).slice(0, 1))], sendOn(SYNC_PROTOCOL)),
  realNode(
    'node-gossip',
    rpcs.slice(2, 3).map(rpc => onTheWire(rpc)),
    sendOn(GOSSIP_PROTOCOL),
  ),
  rawTcp,
]
