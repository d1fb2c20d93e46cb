import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import type { Connection } from '@libp2p/interface'
import { encode as cbor } from 'cborg'
import { encode as lengthPrefixed } from 'it-length-prefixed'
import { encodeHello, HELLO_PROTOCOL } from '../../protocols/hello/codec.ts'
import { positionTopic } from '../../protocols/position/topic.ts'
import { SYNC_PROTOCOL } from '../../protocols/sync/codec.ts'
import { cellOf } from '../../src/geo/cells.ts'
import type { CellId } from '../../src/ports.ts'
import type { Position } from '../../src/position/position.ts'
import { hlcOfMs } from '../../src/time/hlc.ts'
import { eventually } from './helpers/eventually.ts'
import { Lab } from './helpers/lab.ts'
import { Member } from './helpers/member.ts'
import { metricOf } from './helpers/metrics.ts'
import type { NodeProcess } from './helpers/node-process.ts'
import { hovering, pointsOf, spot } from './helpers/places.ts'

const REFUSED = 'skein_gossip_messages_rejected_total'
const HERE = { latE7: Math.round(spot(2).latDeg * 1e7), lonE7: Math.round(spot(2).lngDeg * 1e7) }
const CELL = cellOf(HERE.latE7, HERE.lonE7, 8)

/** A plausible report of a member that hovers among the drones, made now. */
const report = (agent: string, seq: number): Position => ({
  ...HERE,
  agent,
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
  seq,
  hlc: hlcOfMs(Date.now()),
  validMs: 3_000,
  intent: null,
  tokens: [],
})

const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))

/** What a member with bad intent, or a bad build, sends; the counter that must rise, and which verdict it gets. */
interface Lie {
  readonly what: string
  readonly series: string
  make(member: Member): { readonly cell: CellId; readonly bytes: Uint8Array }
}

const sealed = (member: Member, change: Partial<Position>, cell = CELL) => ({
  cell,
  bytes: member.seal({ ...report(member.agent, 1), ...change }, cell).bytes,
})

const LIES: readonly Lie[] = [
  {
    what: 'a forged position (a bit of a true one changed)',
    series: `${REFUSED}{reason="signature"}`,
    make: member => ({ cell: CELL, bytes: flipped(sealed(member, {}).bytes, 60) }),
  },
  {
    what: 'a position of 0/0, as a receiver without a fix gives it',
    series: `${REFUSED}{reason="implausible"}`,
    make: member => sealed(member, { latE7: 0, lonE7: 0 }),
  },
  {
    what: 'a position that is not in the cell of its topic',
    series: `${REFUSED}{reason="misplaced"}`,
    make: member => sealed(member, { latE7: HERE.latE7 + 100_000_000 }),
  },
  {
    what: 'a position from the future',
    series: `${REFUSED}{reason="future"}`,
    make: member => sealed(member, { hlc: hlcOfMs(Date.now() + 3_600_000) }),
  },
  {
    what: 'a position that has long expired',
    series: 'skein_gossip_expired_total',
    make: member => sealed(member, { hlc: hlcOfMs(Date.now() - 60_000) }),
  },
  {
    what: 'a position of a newer version',
    series: `${REFUSED}{reason="version"}`,
    make: member => ({ cell: CELL, bytes: sealed(member, {}).bytes.map((byte, i) => (i === 0 ? 2 : byte)) }),
  },
  {
    what: 'bytes that are no position',
    series: `${REFUSED}{reason="malformed"}`,
    make: () => ({ cell: CELL, bytes: Uint8Array.from([1, ...randomBytes(300)]) }),
  },
]

describe('e2e: peers that send what they should not', function () {
  this.timeout(240_000)
  let lab: Lab
  /** Whom the bad ones talk to, and a drone beside it that only knows this one. */
  let node: NodeProcess
  let witness: NodeProcess
  const members: Member[] = []
  const sockets: Socket[] = []

  before(async () => {
    lab = await Lab.open()
    node = await lab.node('node', { vehicle: hovering(2) })
    witness = await lab.node('witness', { vehicle: hovering(3), bootstrap: [...node.listen] })
    await twoSeeEachOther()
  })

  after(async () => {
    for (const socket of sockets) socket.destroy()
    for (const member of members) await member[Symbol.asyncDispose]()
    await lab[Symbol.asyncDispose]()
  })

  async function newMember(options?: Parameters<typeof Member.join>[1]): Promise<Member> {
    const member = await Member.join(lab, options)
    members.push(member)
    return member
  }

  async function twoSeeEachOther(): Promise<void> {
    await eventually('the two drones see each other', async () => {
      assert.ok((await pointsOf(node)).includes(witness.agent))
      assert.ok((await pointsOf(witness)).includes(node.agent))
    })
  }

  it('believe a member that reports as it should: the lies below are refused for what they say', async () => {
    const member = await newMember()
    await member.meet(node)
    let seq = 0
    await eventually('node and witness have it as a point', async () => {
      const { bytes } = member.seal(report(member.agent, ++seq), CELL)
      await member.publish(CELL, bytes)
      for (const drone of [node, witness]) assert.ok((await pointsOf(drone)).includes(member.agent))
    })
  })

  for (const { what, series, make } of LIES) {
    it(`refuse, count and do not pass on ${what}`, async () => {
      const member = await newMember()
      await member.meet(node)
      const before = await metricOf(node.client, series)
      const { cell, bytes } = make(member)
      await member.publish(cell, bytes)
      await eventually(`${series} has risen`, async () =>
        assert.equal(await metricOf(node.client, series), before + 1),
      )
      for (const drone of [node, witness]) {
        const neighbors = await drone.client.neighbors()
        assert.ok(neighbors.every(({ agent }) => agent !== member.agent))
      }
      assert.equal(await metricOf(witness.client, series), 0)
      await twoSeeEachOther()
    })
  }

  it('refuse positions signed for another swarm', async () => {
    const [member, stranger] = [await newMember(), await newMember({ swarm: `${lab.swarm}-other` })]
    await member.meet(node)
    const before = await metricOf(node.client, `${REFUSED}{reason="signature"}`)
    await member.publish(CELL, sealed(stranger, {}).bytes)
    await eventually('it is refused', async () =>
      assert.equal(await metricOf(node.client, `${REFUSED}{reason="signature"}`), before + 1),
    )
  })

  it('drop a recording of true positions that is played back', async () => {
    const ear = await newMember()
    await ear.meet(node)
    ear.host.services.gossip.subscribe(positionTopic(CELL))
    // Reports with their author's full key: they can be judged by whoever never heard of it.
    const recorded = await eventually('some reports are recorded', () => {
      const whole = ear.heard.filter(({ bytes }) => ((bytes[1] ?? 0) & 1) === 1)
      assert.ok(whole.length >= 3, `${whole.length} so far`)
      return whole
    })
    const { validMs } = report('', 0)
    const oldEnough = performance.now() + validMs
    await eventually('they have expired', () => assert.ok(performance.now() > oldEnough))

    // A drone that starts now has heard none of them; of those who have, GossipSub itself knows them again.
    const late = await lab.node('late', { vehicle: hovering(4) })
    const player = await newMember()
    await player.meet(late)
    const before = await metricOf(late.client, 'skein_gossip_expired_total')
    for (const { bytes } of recorded.slice(0, 3)) await player.publish(CELL, bytes)
    await eventually('all are dropped', async () =>
      assert.equal(await metricOf(late.client, 'skein_gossip_expired_total'), before + 3),
    )
    assert.deepEqual(await late.client.neighbors(), [])
    await late.stop()
  })

  it('let go of one that goes on lying, while others are heard', async () => {
    const member = await newMember()
    const connection = await member.meet(node)
    const invalid = 'skein_peer_faults_total{fault="invalid"}'
    const before = await metricOf(node.client, invalid)
    await eventually('it is let go', async () => {
      if (connection.status === 'open')
        member.host.services.gossip.publish(positionTopic(CELL), Uint8Array.from([1, ...randomBytes(300)]))
      assert.notEqual(connection.status, 'open')
    })
    assert.ok((await metricOf(node.client, invalid)) > before)
    assert.ok(
      (await node.client.peers()).every(
        ({ agent, state }) => agent !== member.agent || state !== 'connected',
      ),
    )
    await twoSeeEachOther()
  })

  /** Opens a stream of a protocol and says something unheard of; resolves when the node has hung up on it. */
  async function sayAndBeCutOff(connection: Connection, protocol: string, bytes: Uint8Array): Promise<void> {
    const stream = await connection.newStream(protocol)
    stream.send(bytes)
    await eventually('the node has ended it', () =>
      assert.ok(stream.status !== 'open' || connection.status !== 'open', `${stream.status}`),
    )
  }

  const pulse = { seq: 1, wallMs: 0, echoSeq: -1, heldMs: 0, cell: '' }
  for (const [what, bytes] of [
    ['a frame of a megabyte', lengthPrefixed.single(new Uint8Array(1 << 20)).subarray()],
    ['a length that never ends', new Uint8Array(64).fill(0xff)],
    ['random bytes', lengthPrefixed.single(Uint8Array.from(randomBytes(200))).subarray()],
    ['a pulse before the hello', lengthPrefixed.single(encodeHello({ t: 'pulse', pulse })).subarray()],
    ['a frame of a kind from the future', lengthPrefixed.single(cbor([99, 'new'])).subarray()],
  ] as const) {
    it(`hang up on ${what} in place of a hello`, async () => {
      const stranger = await newMember({ manners: false })
      await sayAndBeCutOff(await stranger.meet(node), HELLO_PROTOCOL, bytes)
      assert.ok((await node.client.peers()).every(({ agent }) => agent !== stranger.agent))
      await twoSeeEachOther()
    })
  }

  for (const [what, bytes] of [
    ['a frame of a megabyte', lengthPrefixed.single(new Uint8Array(1 << 20)).subarray()],
    ['random bytes', lengthPrefixed.single(Uint8Array.from(randomBytes(200))).subarray()],
    ['a digest with nonsense in it', lengthPrefixed.single(cbor([0, true, 'nowhere', 5, '', ''])).subarray()],
  ] as const) {
    it(`end a sync stream at ${what}, and stay in touch with the peer`, async () => {
      const member = await newMember()
      const connection = await member.meet(node)
      await sayAndBeCutOff(connection, SYNC_PROTOCOL, bytes)
      await twoSeeEachOther()
      assert.ok(
        (await node.client.peers()).some(
          ({ agent, state }) => agent === member.agent && state === 'connected',
        ),
      )
    })
  }

  it('tell nothing to one that does not say who it is', async () => {
    const stranger = await newMember({ manners: false })
    const connection = await stranger.meet(node)
    stranger.host.services.gossip.subscribe(positionTopic(CELL))
    await eventually('it is let go', () => assert.notEqual(connection.status, 'open'))
    assert.equal(stranger.heard.length, 0, `it was sent ${stranger.heard.length} positions`)
  })

  it('bear garbage and silence on their TCP port', async () => {
    const port = Number(/\/tcp\/(\d+)/.exec(node.listen[0] ?? '')?.[1])
    const greetings = [
      randomBytes(4096),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.from('\x13/multistream/1.0.0\n'),
    ]
    for (const greeting of [...greetings, null, null, null]) {
      const socket = connect({ host: '127.0.0.1', port }).on('error', () => {})
      if (greeting !== null) socket.write(greeting)
      sockets.push(socket)
    }
    const garbled = sockets[0] ?? assert.fail()
    await eventually('the garbled one is let go', () => assert.ok(garbled.destroyed || garbled.readableEnded))
    await twoSeeEachOther()
  })

  it('are still the processes they were, without a fault of their own', async () => {
    for (const drone of [node, witness]) {
      assert.equal(drone.ended, false)
      assert.equal(await metricOf(drone.client, 'skein_gossip_handler_errors_total'), 0)
      assert.doesNotMatch(drone.log, /"level":"(error|fatal)"/)
    }
    assert.equal(await node.stop(), 0)
  })
})
