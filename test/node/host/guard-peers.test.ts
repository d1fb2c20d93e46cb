import assert from 'node:assert/strict'
import type { Connection } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { createLibp2p, type Libp2p } from 'libp2p'
import { configSchema } from '../../../node/config/schema.ts'
import { BlockList } from '../../../node/host/block-list.ts'
import { guardPeers, watchConnections } from '../../../node/host/guard-peers.ts'
import { createLogger } from '../../../node/log.ts'
import { CONNECTIONS_PER_PEER } from '../../../protocols/budget/limits.ts'
import { swarmLayers } from '../../../protocols/transport/layers.ts'
import { eventually } from '../../e2e/helpers/eventually.ts'

const config = configSchema.parse({})
const BASE = { transports: [tcp()], connectionMonitor: { enabled: false } }

describe('guard of peers', () => {
  let nodes: Libp2p[] = []
  afterEach(async () => {
    await Promise.all(nodes.map(node => node.stop()))
    nodes = []
  })

  /** A guarded node and two that dial it. */
  async function setUp() {
    const log: Record<string, unknown>[] = []
    const expelled: string[] = []
    const connections = (): readonly Connection[] => host.getConnections()
    const guard = guardPeers({
      config,
      log: createLogger({
        level: 'warn',
        format: 'json',
        name: 'host',
        to: { write: (line: string) => void log.push(JSON.parse(line)) },
      }),
      connections,
      expel: (peer, reason) => void expelled.push(`${peer} ${reason}`),
    })
    const host: Libp2p = await createLibp2p({
      ...BASE,
      ...swarmLayers(null, guard),
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      connectionGater: new BlockList(peer => guard.isOut(peer)).gater(),
      connectionManager: { inboundConnectionThreshold: 100 },
    })
    watchConnections(host, guard)
    const dialers = await Promise.all([1, 2].map(() => createLibp2p({ ...BASE, ...swarmLayers(null) })))
    nodes = [host, ...dialers]
    const [bad, good] = dialers
    const [address] = host.getMultiaddrs()
    assert.ok(bad && good && address)
    const dial = (from: Libp2p) => from.dial(address, { force: true })
    const from = (node: Libp2p) => host.getConnections(node.peerId).length
    return { host, guard, bad, good, dial, from, log, expelled }
  }

  it('tells a peer why, lets go of it and refuses it, and nobody else', async () => {
    const { guard, bad, good, dial, from, log, expelled } = await setUp()
    await Promise.all([dial(bad), dial(good)])
    await eventually('both are connected', () => assert.deepEqual([from(bad), from(good)], [1, 1]))
    const peer = bad.peerId.toString()
    for (let i = 0; i < 6; i++) guard.fault(peer, 'invalid')
    await eventually('it is gone', () => assert.equal(from(bad), 0))
    assert.equal(expelled.length, 1)
    assert.match(expelled[0] ?? '', /refused for 1 min \(invalid\): .*bad signature/)
    assert.deepEqual(
      log.map(({ msg, cause }) => [msg, cause]),
      [
        ['peer penalized; it is let go if it goes on', 'invalid'],
        ['peer let go', 'invalid'],
      ],
    )
    await dial(bad).catch(() => {})
    await eventually('it is refused', () => assert.equal(bad.getConnections().length, 0))
    assert.equal(from(bad), 0)
    assert.equal(from(good), 1)
    assert.equal(guard.banned(), 0)
    assert.equal(guard.penalties.invalid, 6)
  })

  it('keeps one peer from taking the connections of all', async () => {
    const { bad, good, dial, from, guard } = await setUp()
    await dial(good)
    for (let i = 0; i < 12; i++) {
      await dial(bad).catch(() => {})
      assert.ok(from(bad) <= CONNECTIONS_PER_PEER)
    }
    await eventually('it is gone', () => assert.equal(from(bad), 0))
    assert.ok(guard.isOut(bad.peerId.toString()))
    assert.equal(from(good), 1)
  })
})
