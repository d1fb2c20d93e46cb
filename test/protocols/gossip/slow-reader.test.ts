import assert from 'node:assert/strict'
import { RPC } from '@libp2p/gossipsub/message'
import { identify } from '@libp2p/identify'
import type { Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2p } from 'libp2p'
import type { GossipInit } from '../../../protocols/gossip/gossip.ts'
import { framed } from '../../attack/attacker.ts'
import { connect, ourNode, stopAll, type TestNode, until } from './nodes.ts'

const TOPIC = 'e/1'
const GOSSIP_PROTOCOL = '/meshsub/1.2.0'
/** Heartbeats are ten a second in these tests, so that a reader is given up after 0.8 s. */
const LONG_MS = 3_000

/** A peer that joins the mesh and does with what it is sent as `read` says. */
async function reader(to: TestNode, read: (stream: Stream) => void): Promise<Libp2p> {
  const node = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    services: { identify: identify() },
  })
  await node.handle(GOSSIP_PROTOCOL, read)
  const [address] = to.libp2p.getMultiaddrs()
  assert.ok(address)
  const connection = await node.dial(address)
  const stream = await connection.newStream(GOSSIP_PROTOCOL)
  const control = { ihave: [], iwant: [], graft: [{ topicID: TOPIC }], prune: [], idontwant: [] }
  stream.send(
    framed(RPC.encode({ subscriptions: [{ subscribe: true, topic: TOPIC }], messages: [], control })),
  )
  return node
}

/** Takes so many bytes a second off a stream: window updates come as it reads, as from a thin radio. */
function slowly(stream: Stream): void {
  stream.addEventListener('message', () => {
    if (stream.readStatus !== 'readable') return
    stream.pause()
    setTimeout(() => stream.status === 'open' && stream.resume(), 300)
  })
}

describe('protocols/gossip: slow readers', () => {
  const nodes: TestNode[] = []
  const readers: Libp2p[] = []
  const faults: string[] = []

  afterEach(async () => {
    await Promise.all(readers.splice(0).map(node => node.stop()))
    await stopAll(nodes.splice(0))
    faults.length = 0
  })

  async function busyNode(init: Partial<GossipInit> = {}) {
    const meter = { spend: () => true, fault: (_: string, fault: string) => void faults.push(fault) }
    const node = await ourNode({ meter, ...init })
    nodes.push(node)
    node.subscribe(TOPIC)
    return node
  }

  /** Publishes 1 KB every 2 ms until told to stop, or for so long. */
  async function publishFor(node: TestNode, ms: number, enough = () => false): Promise<void> {
    const endMs = performance.now() + ms
    for (let i = 0; performance.now() < endMs && !enough(); i++) {
      node.publish(TOPIC, `${i} `.padEnd(1_000, '.'))
      await new Promise(resolve => setTimeout(resolve, 2))
    }
  }

  it('drops one that reads nothing, holding little for it, and the others hear everything', async () => {
    const node = await busyNode({ ephemeral: () => true })
    const good = await busyNode()
    await connect(good, node)
    readers.push(await reader(node, stream => stream.pause()))
    await until('a mesh of three', () => node.meshPeers(TOPIC).length === 2)
    let most = 0
    await publishFor(node, 10_000, () => {
      most = Math.max(most, node.gossip.queued())
      return node.libp2p.getConnections().length === 1
    })
    assert.equal(node.libp2p.getConnections().length, 1, 'the one that reads nothing is still there')
    assert.deepEqual(faults, ['unread'])
    assert.ok(most <= 512)
    await until('the other has it all', () => good.received.length === node.gossip.counters.published)
  })

  it('drops one that leaves a whole queue of what must not be dropped, and drops none of that', async () => {
    const node = await busyNode({ ephemeral: () => false, maxQueuedPerPeer: 50 })
    const good = await busyNode({ ephemeral: () => false })
    await connect(good, node)
    readers.push(await reader(node, stream => stream.pause()))
    await until('a mesh of three', () => node.meshPeers(TOPIC).length === 2)
    await publishFor(node, 10_000, () => node.libp2p.getConnections().length === 1)
    assert.equal(node.libp2p.getConnections().length, 1)
    assert.deepEqual(faults, ['unread'])
    assert.equal(node.gossip.counters.overflowed, 0)
    await until('the other has it all', () => good.received.length === node.gossip.counters.published)
  })

  it('keeps one that reads slowly: it only hears less', async () => {
    const node = await busyNode({ ephemeral: () => true })
    readers.push(await reader(node, slowly))
    await until('a mesh', () => node.meshPeers(TOPIC).length === 1)
    await publishFor(node, LONG_MS)
    assert.equal(node.libp2p.getConnections().length, 1)
    assert.deepEqual(faults, [])
  })
})
