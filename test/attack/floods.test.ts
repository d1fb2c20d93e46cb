import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RPC } from '@libp2p/gossipsub/message'
import type { Connection, Stream } from '@libp2p/interface'
import { loadConfig } from '../../node/config/load.ts'
import { createLogger } from '../../node/log.ts'
import { createNode, type RunningNode } from '../../node/node.ts'
import { encodeMessage } from '../../protocols/gossip/wire.ts'
import { sha256 } from '../../protocols/identity/ed25519.ts'
import { KeyDirectory } from '../../protocols/identity/key-directory.ts'
import { createSealer } from '../../protocols/position/sealing.ts'
import { positionTopic } from '../../protocols/position/topic.ts'
import { cellOf } from '../../src/geo/cells.ts'
import { hlcOfMs } from '../../src/time/hlc.ts'
import { eventually } from '../e2e/helpers/eventually.ts'
import { spot, standing } from '../e2e/helpers/places.ts'
import { Attacker, framed, gossipStream, sendOn } from './attacker.ts'

const SWARM = `attack-${process.pid}`
const HERE = { latE7: Math.round(spot(2).latDeg * 1e7), lonE7: Math.round(spot(2).lngDeg * 1e7) }
const CELL = cellOf(HERE.latE7, HERE.lonE7, 8)
const OUT_WITHIN_MS = 30_000

/** What an attacker does over and over, made for one connection, and the counter that must rise for it. */
interface Attack {
  readonly what: string
  readonly series: string
  make(attacker: Attacker, connection: Connection): () => Promise<unknown>
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

const control = (parts: Partial<NonNullable<RPC['control']>>) =>
  RPC.encode({
    subscriptions: [],
    messages: [],
    control: { ihave: [], iwant: [], graft: [], prune: [], idontwant: [], ...parts },
  })

const topics = (count: number) => Array.from({ length: count }, (_, i) => `t/${i}/${Math.random()}`)

const ATTACKS: readonly Attack[] = [
  {
    what: 'RPCs of 3.9 MB',
    series: 'skein_peer_faults_total{fault="oversize"}',
    make: (_, connection) => repeatingRpc(connection, encodeMessage('t', randomBytes(3_900_000)).field),
  },
  {
    what: 'as many bytes of messages as fit, as fast as they go',
    series: 'skein_peer_budget_exceeded_total{class="gossip-bytes"}',
    make: (_, connection) =>
      repeatingRpc(connection, encodeMessage(positionTopic(CELL), randomBytes(60_000)).field),
  },
  {
    what: 'empty RPCs',
    series: 'skein_peer_budget_exceeded_total{class="gossip-messages"}',
    make: (_, connection) => {
      // An unknown field of no content, in an RPC of two bytes.
      const many = Buffer.from('027a00'.repeat(5_000), 'hex')
      return repeating(connection, () => many)
    },
  },
  {
    what: 'a flood of IHAVE',
    series: 'skein_peer_budget_exceeded_total{class="control"}',
    make: (_, connection) => {
      const messageIDs = Array.from({ length: 1_500 }, () => randomBytes(20))
      return repeatingRpc(connection, control({ ihave: [{ topicID: positionTopic(CELL), messageIDs }] }))
    },
  },
  {
    what: 'a flood of GRAFT',
    series: 'skein_peer_budget_exceeded_total{class="control"}',
    make: (_, connection) =>
      repeatingRpc(connection, control({ graft: topics(500).map(topicID => ({ topicID })) })),
  },
  {
    what: 'a flood of subscriptions',
    series: 'skein_peer_budget_exceeded_total{class="control"}',
    make: (_, connection) =>
      repeating(connection, () => {
        const subscriptions = topics(500).map(topic => ({ subscribe: true, topic }))
        return framed(RPC.encode({ subscriptions, messages: [] }))
      }),
  },
  {
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
    what: 'true reports of its own, signed, 500 a second',
    series: 'skein_peer_faults_total{fault="spam"}',
    make: (attacker, connection) => spam(attacker, connection),
  },
]

function spam(attacker: Attacker, connection: Connection): () => Promise<unknown> {
  const seal = createSealer(SWARM, attacker.signer, new KeyDirectory(sha256))
  const startedMs = performance.now()
  let seq = 0
  const one = () => {
    const position = {
      ...HERE,
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
      seq: ++seq,
      hlc: hlcOfMs(Date.now()) + seq,
      validMs: 3_000,
      intent: null,
      tokens: [],
    } as const
    return encodeMessage(positionTopic(CELL), seal(position, CELL).bytes).field
  }
  const stream = gossipStream(connection)
  return async () => {
    const due = Math.floor((performance.now() - startedMs) / 2) - seq
    const rpc = Buffer.concat(Array.from({ length: Math.min(due, 100) }, one))
    if (due > 0) await sendOn(await stream, framed(rpc))
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

describe('attack: a member that floods a node', function () {
  this.timeout(120_000)
  let dir: string
  const nodes: RunningNode[] = []
  const attackers: Attacker[] = []

  async function start(name: string, at: number, bootstrap: readonly string[]): Promise<RunningNode> {
    const { config } = loadConfig({
      profile: 'sim',
      flags: {
        swarm: SWARM,
        name,
        bootstrap,
        dataDir: join(dir, name),
        vehicle: standing(at),
        relay: { client: false },
      },
    })
    const node = await createNode(config, { log: createLogger({ level: 'error', format: 'json', name }) })
    nodes.push(node)
    return node
  }

  const addressOf = (node: RunningNode): string => node.status().listen[0] ?? assert.fail()

  function honestSeeEachOther(): void {
    for (const node of nodes) {
      const points = node.neighbors().filter(({ belief }) => belief === 'point')
      for (const other of nodes) {
        if (other !== node) assert.ok(points.some(({ agent }) => agent === other.agent))
      }
    }
  }

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'skein-attack-'))
    const victim = await start('victim', 2, [])
    await start('honest', 3, [addressOf(victim)])
    await eventually('the two see each other', honestSeeEachOther)
  })

  after(async () => {
    for (const attacker of attackers) await attacker[Symbol.asyncDispose]()
    await Promise.all(nodes.map(node => node.stop()))
    await rm(dir, { recursive: true, force: true })
  })

  for (const { what, series, make } of ATTACKS) {
    it(`has it out within 30 s and the honest see each other throughout: ${what}`, async () => {
      const [victim] = nodes
      assert.ok(victim)
      const attacker = await Attacker.start({ swarm: SWARM })
      attackers.push(attacker)
      const before = await seriesOf(victim, series)
      const connection = await attacker.meet(addressOf(victim))
      const tookMs = await attacker.until(connection, OUT_WITHIN_MS, make(attacker, connection))
      honestSeeEachOther()
      assert.ok(tookMs !== null, 'it is still connected')
      assert.ok((await seriesOf(victim, series)) > before, `${series} has not risen`)
      const again = attacker.meet(addressOf(victim), 1).then(
        () => 'it is back',
        () => null,
      )
      assert.equal(await again, null)
    })
  }

  it('is held against no honest node', async () => {
    const [victim, honest] = nodes
    assert.ok(victim && honest)
    const connected = (node: RunningNode) => node.peers().filter(({ state }) => state === 'connected')
    assert.deepEqual(
      [victim, honest].map(connected).flatMap(peers => peers.map(({ agent }) => agent)),
      [honest.agent, victim.agent],
    )
    // What the attackers had passed on by the victim was within every rule: the other has nothing to complain of.
    const penalties = (await honest.metrics())
      .split('\n')
      .filter(line => /^skein_peer_(budget_exceeded|faults)_total.* [1-9]/.test(line))
    assert.deepEqual(penalties, [])
  })
})

async function seriesOf(node: RunningNode, series: string): Promise<number> {
  const text = await node.metrics()
  const line = text.split('\n').find(each => each.startsWith(`${series} `))
  return Number(line?.slice(series.length) ?? Number.NaN)
}
