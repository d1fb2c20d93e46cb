import { randomBytes } from 'node:crypto'
import { RPC } from '@libp2p/gossipsub/message'
import type { Connection, Stream } from '@libp2p/interface'
import { encodeMessage } from '../../protocols/gossip/wire.ts'
import { sha256 } from '../../protocols/identity/ed25519.ts'
import { KeyDirectory } from '../../protocols/identity/key-directory.ts'
import { createSealer } from '../../protocols/position/sealing.ts'
import { positionTopic } from '../../protocols/position/topic.ts'
import type { CellId } from '../../src/ports.ts'
import type { Position } from '../../src/position/position.ts'
import { hlcOfMs } from '../../src/time/hlc.ts'
import { type Attacker, framed, gossipStream, sendOn } from './attacker.ts'

/** Where an attack takes place. */
export interface Ground {
  readonly swarm: string
  /** Where the victim flies. */
  readonly latE7: number
  readonly lonE7: number
  readonly cell: CellId
}

/** What a member does over and over, made for one connection, and the counter that must rise for it. */
export interface Flood {
  readonly name: string
  readonly what: string
  readonly series: string
  make(attacker: Attacker, connection: Connection, ground: Ground): () => Promise<unknown>
}

/** What is private in the attacker's own muxer. */
interface PingingMuxer {
  sendPing(id: number): void
  handlePingResponse(id: number): void
}

/** Sends bytes again and again, on a stream that is opened anew when it is cut. */
function repeating(connection: Connection, next: () => Uint8Array): () => Promise<unknown> {
  let stream: Stream | null = null
  return async () => {
    if (stream?.status !== 'open') stream = await gossipStream(connection)
    for (let i = 0; i < 20; i++) await sendOn(stream, next())
  }
}

/** The same with one RPC, made once. */
function repeatingRpc(connection: Connection, rpc: Uint8Array): () => Promise<unknown> {
  const frame = framed(rpc)
  return repeating(connection, () => frame)
}

export const control = (parts: Partial<NonNullable<RPC['control']>>) =>
  RPC.encode({
    subscriptions: [],
    messages: [],
    control: { ihave: [], iwant: [], graft: [], prune: [], idontwant: [], ...parts },
  })

const topics = (count: number) => Array.from({ length: count }, (_, i) => `t/${i}/${Math.random()}`)

export const FLOODS: readonly Flood[] = [
  {
    name: 'rpc-4mb',
    what: 'RPCs of 3.9 MB',
    series: 'skein_peer_faults_total{fault="oversize"}',
    make: (_, connection) => repeatingRpc(connection, encodeMessage('t', randomBytes(3_900_000)).field),
  },
  {
    name: 'gossip-bytes',
    what: 'as many bytes of messages as fit, as fast as they go',
    series: 'skein_peer_budget_exceeded_total{class="gossip-bytes"}',
    make: (_, connection, { cell }) =>
      repeatingRpc(connection, encodeMessage(positionTopic(cell), randomBytes(60_000)).field),
  },
  {
    name: 'empty-rpcs',
    what: 'empty RPCs',
    series: 'skein_peer_budget_exceeded_total{class="gossip-messages"}',
    make: (_, connection) => {
      // An unknown field of no content, in an RPC of two bytes.
      const many = Buffer.from('027a00'.repeat(5_000), 'hex')
      return repeating(connection, () => many)
    },
  },
  {
    name: 'ihave',
    what: 'a flood of IHAVE',
    series: 'skein_peer_budget_exceeded_total{class="control"}',
    make: (_, connection, { cell }) => {
      const messageIDs = Array.from({ length: 1_500 }, () => randomBytes(20))
      return repeatingRpc(connection, control({ ihave: [{ topicID: positionTopic(cell), messageIDs }] }))
    },
  },
  {
    name: 'graft',
    what: 'a flood of GRAFT',
    series: 'skein_peer_budget_exceeded_total{class="control"}',
    make: (_, connection) =>
      repeatingRpc(connection, control({ graft: topics(500).map(topicID => ({ topicID })) })),
  },
  {
    name: 'prune',
    what: 'a flood of PRUNE',
    series: 'skein_peer_budget_exceeded_total{class="control"}',
    make: (_, connection) =>
      repeatingRpc(connection, control({ prune: topics(500).map(topicID => ({ topicID, peers: [] })) })),
  },
  {
    name: 'iwant',
    what: 'a flood of IWANT',
    series: 'skein_peer_budget_exceeded_total{class="control"}',
    make: (_, connection) => {
      const messageIDs = Array.from({ length: 1_500 }, () => randomBytes(20))
      return repeatingRpc(connection, control({ iwant: [{ messageIDs }] }))
    },
  },
  {
    name: 'subscriptions',
    what: 'a flood of subscriptions',
    series: 'skein_peer_budget_exceeded_total{class="control"}',
    make: (_, connection) =>
      repeating(connection, () => {
        const subscriptions = topics(500).map(topic => ({ subscribe: true, topic }))
        return framed(RPC.encode({ subscriptions, messages: [] }))
      }),
  },
  {
    name: 'streams',
    what: 'a flood of streams',
    series: 'skein_peer_budget_exceeded_total{class="streams"}',
    make: (_, connection) => () =>
      Promise.allSettled(
        Array.from({ length: 32 }, async () => {
          const stream = await connection.newStream('/ipfs/ping/1.0.0', { maxOutboundStreams: 64 })
          stream.abort(new Error('next'))
        }),
      ),
  },
  {
    name: 'muxer-pings',
    what: 'a flood of pings that the muxer answers',
    series: 'skein_peer_budget_exceeded_total{class="frames"}',
    make: (_, connection) => {
      const { muxer } = connection as unknown as { readonly muxer: PingingMuxer }
      // Its own muxer would end the connection over answers to what it never asked.
      muxer.handlePingResponse = () => {}
      return async () => {
        for (let i = 0; i < 1_000; i++) muxer.sendPing(i)
      }
    },
  },
  {
    name: 'signed-spam',
    what: 'true reports of its own, signed, 500 a second',
    series: 'skein_peer_faults_total{fault="spam"}',
    make: spam,
  },
]

/** A report by the attacker itself that any node has to take for true. */
export function ownReport(attacker: Attacker, { latE7, lonE7 }: Ground, change: Partial<Position>): Position {
  return {
    latE7,
    lonE7,
    agent: attacker.agent,
    altMm: 560_000,
    heightDm: null,
    vnCms: 0,
    veCms: 0,
    vdCms: 0,
    headingCdeg: null,
    accHDm: 10,
    accVDm: 10,
    status: 'Airborne',
    batteryPct: 80,
    boot: 1,
    seq: 1,
    hlc: hlcOfMs(Date.now()),
    validMs: 3_000,
    intent: null,
    tokens: [],
    ...change,
  }
}

function spam(attacker: Attacker, connection: Connection, ground: Ground): () => Promise<unknown> {
  const seal = createSealer(ground.swarm, attacker.signer, new KeyDirectory(sha256))
  const startedMs = performance.now()
  let seq = 0
  const one = () => {
    seq++
    const position = ownReport(attacker, ground, { seq, hlc: hlcOfMs(Date.now()) + seq })
    return encodeMessage(positionTopic(ground.cell), seal(position, ground.cell).bytes).field
  }
  const stream = gossipStream(connection)
  return async () => {
    const due = Math.floor((performance.now() - startedMs) / 2) - seq
    const rpc = Buffer.concat(Array.from({ length: Math.min(due, 100) }, one))
    if (due > 0) await sendOn(await stream, framed(rpc))
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
