import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Connection, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { loadConfig } from '../../../node/config/load.ts'
import { createNetwork, type Network } from '../../../node/host/network.ts'
import { createIdentity } from '../../../node/identity/identity.ts'
import { createLogger } from '../../../node/log.ts'
import { createNode } from '../../../node/node.ts'
import { systemNow } from '../../../node/runtime/clock.ts'
import { openAdmission } from '../../../node/trust/admission.ts'
import { eventually } from '../../e2e/helpers/eventually.ts'
import { Lab } from '../../e2e/helpers/lab.ts'
import { Member } from '../../e2e/helpers/member.ts'

const PEERS = 30
const MEETINGS_EACH = 5
const STARTS = 5
/** What a node at rest has of listeners on any one signal, and what of the past may not be collected yet. */
const LISTENERS_MAX = 4
const UNCOLLECTED_MAX = 4

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Weak references to what came and went. */
class Remains<T extends object> {
  readonly #refs: WeakRef<T>[] = []

  add(thing: T): void {
    this.#refs.push(new WeakRef(thing))
  }

  get seen(): number {
    return this.#refs.length
  }

  left(): readonly T[] {
    return this.#refs.flatMap(ref => ref.deref() ?? [])
  }
}

/** Peers that come and go in every way there is: nothing of them may stay but what is remembered on purpose. */
describe('a node whose peers come and go', function () {
  this.timeout(300_000)
  const warnings: string[] = []
  const signals = new Remains<AbortSignal>()
  const connections = new Remains<Connection>()
  const streams = new Remains<Stream>()
  const addListener = AbortSignal.prototype.addEventListener
  const onWarning = ({ name, message }: Error) => void warnings.push(`${name}: ${message}`)
  let lab: Lab
  let network: Network
  let atFirst: Readonly<Record<string, number>>

  before(async () => {
    process.on('warning', onWarning)
    AbortSignal.prototype.addEventListener = function (
      this: AbortSignal,
      ...args: Parameters<typeof addListener>
    ) {
      signals.add(this)
      addListener.apply(this, args)
    } as typeof addListener
    lab = await Lab.open()
    network = await start(lab)
    network.host.addEventListener('connection:open', ({ detail }) => connections.add(detail))
    atFirst = resources()
    const members: Member[] = []
    for (let i = 0; i < PEERS; i++)
      members.push(await Member.join(lab, i % 10 === 9 ? { swarm: 'another' } : {}))
    for (let round = 0; round < MEETINGS_EACH; round++) {
      for (const [i, member] of members.entries()) await meet(member, (i + round) % 5)
    }
    for (const member of members) await member[Symbol.asyncDispose]()
    members.length = 0
    await eventually('all are gone', () => assert.equal(network.host.getConnections().length, 0))
  })

  after(async () => {
    AbortSignal.prototype.addEventListener = addListener
    process.off('warning', onWarning)
    await network?.stop()
    await lab?.[Symbol.asyncDispose]()
  })

  /** One meeting that ends in one of the ways that meetings end. */
  async function meet(member: Member, ending: number): Promise<void> {
    const [address = ''] = network.host.getMultiaddrs().map(String)
    const { agent, host } = member
    // A doorway full of strangers may shut on one of us: like any node, it calls again.
    const connection = await eventually('it answers', () => host.dial(multiaddr(address)))
    if (ending === 4) {
      garble(address)
      connection.abort(new Error('before the hello is through'))
    } else {
      await until(() => network.links.link(agent) !== undefined || connection.status !== 'open')
      await network.sync.send(agent, Uint8Array.of(1))
      network.host.services.gossip.publish('a topic', crypto.getRandomValues(new Uint8Array(64)))
      for (const { streams: open } of network.host.getConnections())
        for (const stream of open) streams.add(stream)
      if (ending === 0) await connection.close()
      if (ending === 1) connection.abort(new Error('out of reach'))
      if (ending === 2) await network.block([agent])
      if (ending === 3) {
        const second = await eventually('it answers', () => host.dial(multiaddr(address), { force: true }))
        await Promise.all([connection.close(), second.close()])
      }
    }
    await until(() => network.links.link(agent) === undefined && host.getConnections().length === 0)
    await network.block([])
  }

  it('warns of nothing', () => {
    assert.deepEqual(warnings, [])
  })

  it('has met them all', () => {
    assert.ok(connections.seen >= PEERS * MEETINGS_EACH, `${connections.seen} connections`)
    assert.ok(streams.seen >= PEERS * MEETINGS_EACH, `${streams.seen} streams`)
    assert.ok(signals.seen > PEERS, `${signals.seen} signals`)
  })

  it('holds no sockets or timers', async () => {
    await eventually('nothing is left of them', () => assert.deepEqual(resources(), atFirst))
  })

  it('forgets connections and streams', async () => {
    await eventually('they are collected', () => {
      collectGarbage()
      const left = [connections, streams].map(remains => remains.left().length)
      for (const count of left) assert.ok(count <= UNCOLLECTED_MAX, `connections and streams left: ${left}`)
    })
  })

  it('leaves no listeners on signals that stay', async () => {
    await eventually('they are gone', () => {
      collectGarbage()
      const most = Math.max(0, ...signals.left().map(signal => getEventListeners(signal, 'abort').length))
      assert.ok(most <= LISTENERS_MAX, `${most} listeners on one signal`)
    })
  })

  it('remembers who was there within bounds, and nobody as present', () => {
    assert.deepEqual(network.links.peers(), [])
    assert.equal(network.keeper.dialing().size, 0)
    assert.ok(network.keeper.known().length <= PEERS)
    assert.ok(network.gone.size <= PEERS)
    assert.equal(network.gossip.queued(), 0)
  })
})

/** As a program does that has a node now and then. */
describe('a process whose nodes come and go', function () {
  this.timeout(60_000)

  it('is as it was before them', async () => {
    await using lab = await Lab.open()
    const { signal } = new AbortController()
    const listeners = () => process.eventNames().map(name => [name, process.listenerCount(name)])
    let first: ReturnType<typeof resources> | null = null
    let firstListeners: ReturnType<typeof listeners> = []
    for (let i = 0; i < STARTS; i++) {
      const nodes = await Promise.all(
        ['a', 'b'].map(name => {
          const flags = { ...lab.baseConfig(), name, dataDir: `${lab.dir}/${name}` }
          const { config } = loadConfig({ profile: 'sim', flags })
          return createNode(config, { log: createLogger({ level: 'silent', format: 'json', name }), signal })
        }),
      )
      await Promise.all(nodes.map(node => node.stop()))
      assert.deepEqual(getEventListeners(signal, 'abort'), [])
      // What a process loads and opens once, it has after the first.
      first ??= resources(/./)
      if (i === 0) firstListeners = listeners()
    }
    assert.deepEqual(listeners(), firstListeners)
    await eventually('nothing of them runs', () => {
      for (const [kind, count] of Object.entries(resources(/./)))
        assert.ok(count <= (first?.[kind] ?? 0), `${count} of ${kind}, not ${first?.[kind]}`)
    })
  })
})

function resources(kinds = /TCP|TLS|UDP|Pipe/): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) {
    if (kinds.test(kind)) counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

async function until(isSo: () => boolean): Promise<void> {
  const lastMs = performance.now() + 10_000
  while (!isSo()) {
    assert.ok(performance.now() < lastMs, 'waited in vain')
    await sleep(2)
  }
}

/** Somebody who speaks no libp2p, and hangs up. */
function garble(address: string): void {
  const socket = connect({ host: '127.0.0.1', port: Number(/\/tcp\/(\d+)/.exec(address)?.[1]) })
  socket.on('error', () => {}).end('GET / HTTP/1.1\r\n\r\n', () => socket.destroy())
}

async function start(lab: Lab): Promise<Network> {
  const { config } = loadConfig({
    profile: 'sim',
    flags: { ...lab.baseConfig(), dataDir: `${lab.dir}/node`, name: 'node', relay: { client: false } },
  })
  const network = await createNetwork({
    config,
    identity: await createIdentity(config.dataDir),
    boot: 1,
    psk: null,
    admission: openAdmission(config.swarm),
    booked: [],
    movePorts: false,
    now: systemNow,
    random: Math.random,
    ownCell: () => '',
    log: createLogger({ level: 'silent', format: 'json', name: 'node' }),
    onGossip: () => 'ignore',
    onSync: () => {},
    onPeer: () => {},
    onRtt: () => {},
    viewFrame: () => new Uint8Array(),
  })
  await network.start()
  return network
}
