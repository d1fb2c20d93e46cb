import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { RPC } from '@libp2p/gossipsub/message'
import { identify } from '@libp2p/identify'
import type { Connection, Stream, StreamMessageEvent } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { tcp } from '@libp2p/tcp'
import { LengthPrefixedDecoder } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { systemNow } from '../../node/runtime/clock.ts'
import { openAdmission } from '../../node/trust/admission.ts'
import { prefixLength, writeVarint } from '../../protocols/gossip/wire.ts'
import { type Introduction, PROTOCOL_VERSION } from '../../protocols/hello/codec.ts'
import { Links } from '../../protocols/hello/links.ts'
import { ed25519Signer } from '../../protocols/identity/ed25519.ts'
import { swarmLayers } from '../../protocols/transport/layers.ts'
import type { AgentId, CellId, Signer } from '../../src/ports.ts'
import { eventually } from '../e2e/helpers/eventually.ts'

const GOSSIP_PROTOCOL = '/meshsub/1.2.0'

/** A key, and the certificate that a swarm's authority gave it. */
export interface Membership {
  readonly seed: Uint8Array
  readonly credential: Uint8Array
}

export interface AttackerInit {
  /** Swarm that it knows the name of, and says hello to. */
  readonly swarm: string
  /** Whether it reads what gossip is sent to it. @default true */
  readonly reads?: boolean
  /** @default nobody: a key of its own, and no certificate */
  readonly member?: Membership
  /** Says hello on every connection by itself. @default true */
  readonly greets?: boolean
  /** What it says of its starts. @default 1 */
  readonly boot?: number
  /** The cell that it says it flies in. @default none */
  readonly cell?: CellId
  /** Told of every gossip message that it is sent. */
  readonly onMessage?: (topic: string, data: Uint8Array) => void
  /** Whom it says it knows, whenever it is asked to introduce somebody. */
  readonly introduce?: () => readonly Introduction[]
}

async function startHost({ reads = true, member, onMessage }: AttackerInit) {
  const privateKey =
    member === undefined
      ? await generateKeyPair('Ed25519')
      : await generateKeyPairFromSeed('Ed25519', member.seed)
  const host = await createLibp2p({
    privateKey,
    transports: [tcp()],
    ...swarmLayers(null),
    connectionMonitor: { enabled: false },
    services: { identify: identify() },
  })
  await host.handle(GOSSIP_PROTOCOL, stream => {
    if (!reads) stream.pause()
    else if (onMessage === undefined) stream.addEventListener('message', () => {})
    else readMessages(stream, onMessage)
  })
  return { host, agent: peerIdFromPrivateKey(privateKey).toString(), privateKey }
}

type Host = Awaited<ReturnType<typeof startHost>>['host']

/**
 * A member with bad intent: it says hello as it should, and then writes what it wants on streams of its own. It has
 * no gossip layer that would keep it within the protocol, and takes no heed of what it is told.
 */
export class Attacker implements AsyncDisposable {
  readonly host: Host
  readonly agent: AgentId
  readonly signer: Signer
  readonly #links: Links

  private constructor(parts: Pick<Attacker, 'host' | 'agent' | 'signer'>, links: Links) {
    this.host = parts.host
    this.agent = parts.agent
    this.signer = parts.signer
    this.#links = links
  }

  static async start(init: AttackerInit): Promise<Attacker> {
    const { host, agent, privateKey } = await startHost(init)
    const links = linksOf(host, init)
    if (init.greets !== false) await links.start()
    return new Attacker({ host, agent, signer: ed25519Signer(privateKey.raw.subarray(0, 32)) }, links)
  }

  /** Dials a node at one of its addresses and is taken in. */
  async meet(address: string, withinS = 30): Promise<Connection> {
    const connection = await this.host.dial(multiaddr(address))
    const takenIn = () => {
      if (this.#links.link(connection.remotePeer.toString())?.hello == null) throw new Error('no hello yet')
    }
    await eventually('the node has taken us in', takenIn, { withinS })
    return connection
  }

  /** Tells a node that has taken it in of others. */
  introduce(to: AgentId, peers: readonly Introduction[]): void {
    this.#links.introduce(to, peers)
  }

  /** Dials a node and waits for nothing. */
  async knock(address: string): Promise<Connection> {
    return await this.host.dial(multiaddr(address), { signal: AbortSignal.timeout(5_000) })
  }

  /**
   * Runs an attack again and again until the connection is gone; resolves to how long it took, ms, or null if the
   * victim holds still after `withinMs`. What the attack throws is what happens to who is cut off.
   */
  async until(
    connection: Connection,
    withinMs: number,
    attack: () => Promise<unknown>,
  ): Promise<number | null> {
    const startedMs = performance.now()
    while (connection.status === 'open') {
      if (performance.now() - startedMs > withinMs) return null
      await attack().catch(() => {})
      await new Promise(resolve => setImmediate(resolve))
    }
    return performance.now() - startedMs
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#links.stop('the test is over')
    await this.host.stop()
  }
}

/** A stream of gossip to the other end, which takes raw bytes. */
export async function gossipStream(connection: Connection): Promise<Stream> {
  return await connection.newStream(GOSSIP_PROTOCOL, { signal: AbortSignal.timeout(3_000) })
}

/** Sends, and waits while the other end takes no more; for a second, then it throws. */
export async function sendOn(stream: Stream, bytes: Uint8Array): Promise<void> {
  if (!stream.send(bytes)) await stream.onDrain({ signal: AbortSignal.timeout(1_000) })
}

/** The bytes of an RPC as they travel: its length in front. */
export function framed(rpc: Uint8Array): Uint8Array {
  const frame = new Uint8Array(prefixLength(rpc.byteLength) + rpc.byteLength)
  frame.set(rpc, writeVarint(frame, 0, rpc.byteLength))
  return frame
}

function linksOf(libp2p: Host, init: AttackerInit): Links {
  const { swarm, member, boot = 1, cell = '', introduce = () => [] } = init
  const shows = { ...openAdmission(swarm).shows(), credential: member?.credential ?? null }
  const about = { protocol: PROTOCOL_VERSION, swarm, name: 'attacker', role: 'drone', boot, version: '0' }
  return new Links({
    libp2p,
    self: () => ({ ...shows, ...about }),
    judge: () => null,
    now: systemNow,
    cell: () => cell,
    introduce,
    onUp: () => {},
    onDown: () => {},
    onRtt: () => {},
    onIntroduced: () => {},
  })
}

function readMessages(stream: Stream, onMessage: (topic: string, data: Uint8Array) => void): void {
  const decoder = new LengthPrefixedDecoder({ maxDataLength: 1 << 20 })
  stream.addEventListener('message', ({ data }: StreamMessageEvent) => {
    for (const frame of decoder.decode(data)) {
      for (const { topic, data: body } of RPC.decode(frame.subarray()).messages)
        if (body) onMessage(topic, body)
    }
  })
}
