import assert from 'node:assert/strict'
import { connect, ourNode, stockNode, stopAll, type TestNode, until } from './nodes.ts'

interface StreamOwner {
  readonly streamsOutbound: ReadonlyMap<string, { readonly rawStream: { abort(error: Error): void } }>
}

const TOPIC = 'p/1'

/** Resets the gossip stream from a stock node to a peer, as a write buffer overflow does. */
function breakStream(from: TestNode, to: TestNode): void {
  const { streamsOutbound } = from.gossip as unknown as StreamOwner
  streamsOutbound.get(to.libp2p.peerId.toString())?.rawStream.abort(new Error('write buffer overflow'))
}

/** Resets the gossip streams of one of our nodes: those it has open on the connection. */
function breakOurs(node: TestNode): void {
  for (const connection of node.libp2p.getConnections()) {
    for (const stream of connection.streams) {
      if (stream.protocol.startsWith('/meshsub/') && stream.direction === 'outbound') {
        stream.abort(new Error('write buffer overflow'))
      }
    }
  }
}

/** What a peer keeper does, in one line: dials again when the connection is gone. */
function keep(node: TestNode, peer: TestNode): void {
  node.libp2p.addEventListener('connection:close', () => void connect(node, peer).catch(() => {}))
}

async function meshed(...nodes: TestNode[]): Promise<void> {
  for (const node of nodes) node.subscribe(TOPIC)
  await until('a mesh', () => nodes.every(node => node.meshPeers(TOPIC).length === nodes.length - 1))
}

describe('protocols/gossip/watchdog', () => {
  let nodes: TestNode[] = []
  afterEach(async () => {
    await stopAll(nodes)
    nodes = []
  })

  it('is needed: between stock nodes a reset stream is never opened again', async () => {
    const [a, b] = await Promise.all([stockNode(), stockNode()])
    nodes = [a, b]
    await connect(a, b)
    await meshed(a, b)
    breakStream(a, b)
    await new Promise(resolve => setTimeout(resolve, 1_000))
    a.publish(TOPIC, 'lost')
    await new Promise(resolve => setTimeout(resolve, 200))
    assert.equal(b.received.length, 0)
    assert.equal(a.libp2p.getConnections().length, 1)
    assert.equal(a.meshPeers(TOPIC).length, 1)
  })

  it('closes the connection of a half-dead link; once dialled again, messages flow', async () => {
    const [a, b] = await Promise.all([ourNode(), ourNode()])
    nodes = [a, b]
    await connect(a, b)
    await meshed(a, b)
    keep(a, b)
    breakOurs(a)
    await until('the link is half dead', () => a.gossip.hasLink(b.libp2p.peerId.toString()) !== 'full')
    await until('a watchdog bites', () => a.gossip.counters.deadLinks + b.gossip.counters.deadLinks >= 1)
    await until('the link is whole again', () => a.gossip.hasLink(b.libp2p.peerId.toString()) === 'full')
    await meshed(a, b)
    a.publish(TOPIC, 'found')
    await until('the message arrives', () => b.received.length === 1)
  })

  it('heals a link with a stock peer, too, whichever end broke', async () => {
    for (const broken of ['ours', 'stock'] as const) {
      const [a, b] = await Promise.all([ourNode(), stockNode()])
      nodes.push(a, b)
      await connect(a, b)
      await meshed(a, b)
      keep(a, b)
      if (broken === 'ours') breakOurs(a)
      else breakStream(b, a)
      await until('the watchdog bites', () => a.gossip.counters.deadLinks === 1)
      await until('the link is whole again', () => a.gossip.hasLink(b.libp2p.peerId.toString()) === 'full')
      await meshed(a, b)
      b.publish(TOPIC, 'found')
      await until('the message arrives', () => a.received.length === 1)
    }
  })

  it('leaves whole links alone, and peers that speak no gossip', async () => {
    const [a, b] = await Promise.all([ourNode(), ourNode()])
    nodes = [a, b]
    await connect(a, b)
    await meshed(a, b)
    await new Promise(resolve => setTimeout(resolve, 600))
    assert.equal(a.gossip.counters.deadLinks + b.gossip.counters.deadLinks, 0)
  })
})
