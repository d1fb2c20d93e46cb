import assert from 'node:assert/strict'
import { connect, ourNode, stockNode, stopAll, type TestNode, until } from './nodes.ts'

const TOPIC = 'p/881f1d4887'

async function swarm(nodes: readonly TestNode[], topic = TOPIC): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    for (const other of nodes.slice(index + 1)) await connect(node, other)
  }
  for (const node of nodes) node.subscribe(topic)
  const enough = Math.min(2, nodes.length - 1)
  await until('every node has a mesh', () => nodes.every(node => node.meshPeers(topic).length >= enough))
}

const textsOf = (node: TestNode) => node.received.map(({ text }) => text).sort()

describe('protocols/gossip/gossip', () => {
  let nodes: TestNode[] = []
  afterEach(async () => {
    await stopAll(nodes)
    nodes = []
  })

  it('delivers every event to every subscriber, once, and not to its publisher', async () => {
    nodes = await Promise.all(Array.from({ length: 6 }, () => ourNode()))
    await swarm(nodes, 'events')
    nodes.forEach((node, index) => {
      for (let n = 0; n < 5; n++) node.publish('events', `${index}:${n}`)
    })
    await until('all delivered', () => nodes.every(node => node.received.length === 25))
    await new Promise(resolve => setTimeout(resolve, 100))
    nodes.forEach((node, index) => {
      assert.equal(new Set(textsOf(node)).size, 25)
      assert.equal(node.received.length, 25)
      assert.ok(!textsOf(node).some(text => text.startsWith(`${index}:`)))
    })
  })

  it('counts the payload of every copy, in and out', async () => {
    const ours = await Promise.all(Array.from({ length: 3 }, () => ourNode()))
    nodes = ours
    await swarm(nodes)
    nodes[0]?.publish(TOPIC, 'twelve bytes')
    const sum = (what: 'bytesIn' | 'bytesOut' | 'messagesIn') =>
      ours.reduce((total, { gossip }) => total + gossip.counters[what], 0)
    await until('it is with all', () => nodes.slice(1).every(node => node.received.length === 1))
    await until('all that was sent has come', () => sum('bytesIn') === sum('bytesOut'))
    assert.equal(sum('bytesIn'), 12 * sum('messagesIn'))
    assert.ok(sum('messagesIn') >= 2)
  })

  it('keeps everyone hearing of everyone while positions keep coming', async () => {
    nodes = await Promise.all(Array.from({ length: 6 }, () => ourNode()))
    await swarm(nodes)
    let seq = 0
    const flying = setInterval(() => {
      seq++
      nodes.forEach((node, index) => {
        node.publish(TOPIC, `${index}:${seq}`)
      })
    }, 20)
    const heard = (node: TestNode) => new Set(textsOf(node).map(text => text.split(':')[0])).size
    await until('everyone has heard of everyone', () => nodes.every(node => heard(node) === 5))
    clearInterval(flying)
    for (const node of nodes) assert.equal(new Set(textsOf(node)).size, node.received.length)
  })

  it('shares a mesh with stock GossipSub, everything delivered both ways', async () => {
    nodes = [
      ...(await Promise.all([ourNode(), ourNode(), ourNode()])),
      ...(await Promise.all([stockNode(), stockNode(), stockNode()])),
    ]
    await swarm(nodes, 'events')
    nodes.forEach((node, index) => {
      for (let n = 0; n < 5; n++) node.publish('events', `${index}:${n}`)
    })
    await until('all delivered', () => nodes.every(node => new Set(textsOf(node)).size === 25))
    for (const node of nodes) assert.equal(node.received.length, 25)
  })

  it('validates a message once, however many copies come, and relays none that was not accepted', async () => {
    const validated: string[] = []
    const middle = await ourNode({
      validate: (_topic, bytes) => {
        const text = Buffer.from(bytes).toString()
        validated.push(text)
        return text.startsWith('good') ? 'accept' : 'reject'
      },
    })
    const sources = await Promise.all([ourNode(), ourNode(), ourNode()])
    const far = await ourNode()
    nodes = [middle, far, ...sources]
    for (const source of sources) await connect(source, middle)
    await connect(far, middle)
    for (const node of nodes) node.subscribe(TOPIC)
    await until('the middle meshes with all', () => middle.meshPeers(TOPIC).length === 4)
    for (const source of sources) {
      source.publish(TOPIC, 'good')
      source.publish(TOPIC, 'bad')
    }
    await until('all copies are in', () => middle.gossip.counters.messagesIn >= 6)
    await until('relayed', () => far.received.length === 1)
    assert.deepEqual(validated.sort(), ['bad', 'good'])
    assert.equal(middle.gossip.counters.duplicates, middle.gossip.counters.messagesIn - 2)
    assert.equal(middle.gossip.counters.rejected, 1)
    await new Promise(resolve => setTimeout(resolve, 50))
    assert.deepEqual(textsOf(far), ['good'])
  })

  it('stops listening to a peer that keeps sending what no honest peer sends', async () => {
    const [judge, liar] = await Promise.all([ourNode({ validate: () => 'reject' }), ourNode()])
    nodes = [judge, liar]
    await swarm(nodes)
    let sent = 0
    const lying = setInterval(() => liar.publish(TOPIC, `lie ${sent++}`), 10)
    await until('the liar is out of the mesh', () => judge.meshPeers(TOPIC).length === 0)
    await until('the liar is not heard', () => judge.gossip.counters.graylisted > 0)
    clearInterval(lying)
    assert.equal(judge.received.length, 0)
  })

  it('survives a validator and a listener that throw', async () => {
    const [clumsy, other] = await Promise.all([
      ourNode({
        validate: (_topic, bytes) => {
          if (bytes.byteLength === 1) throw new Error('validate')
          return 'accept'
        },
        onMessage: () => {
          throw new Error('onMessage')
        },
      }),
      ourNode(),
    ])
    nodes = [clumsy, other]
    await swarm(nodes)
    other.publish(TOPIC, '1')
    other.publish(TOPIC, '22')
    await until('both are in', () => clumsy.gossip.counters.handlerErrors === 2)
    assert.equal(clumsy.gossip.counters.accepted, 1)
    assert.equal(clumsy.gossip.hasLink(other.libp2p.peerId.toString()), 'full')
  })

  it('offers events to peers outside the mesh and repairs them from there, but never positions', async () => {
    const sparse = { D: 1, Dlo: 1, Dhi: 1, Dscore: 1, Dout: 0, Dlazy: 6 }
    const [a, b, c] = await Promise.all([
      ourNode({ mesh: sparse }),
      ourNode({ mesh: sparse }),
      stockNode({ ...sparse, floodPublish: false }),
    ])
    nodes = [a, b, c]
    await connect(b, a)
    await connect(c, a)
    const topics = ['events', TOPIC]
    for (const topic of topics) for (const node of nodes) node.subscribe(topic)
    const settled = () => topics.every(topic => a.meshPeers(topic).length === 1)
    await until('a meshes with one of them and refuses the other', settled)
    a.publish('events', 'an event')
    a.publish(TOPIC, 'a position')
    await until('both have the event', () => [b, c].every(node => textsOf(node).includes('an event')))
    await new Promise(resolve => setTimeout(resolve, 400))
    const positions = [b, c].filter(node => textsOf(node).includes('a position'))
    assert.equal(positions.length, 1)
  })

  it('says who is linked, meshed and subscribed, and forgets them when they leave', async () => {
    const [a, b] = await Promise.all([ourNode(), ourNode()])
    nodes = [a, b]
    const idOfB = b.libp2p.peerId.toString()
    assert.equal(a.gossip.hasLink(idOfB), 'none')
    await swarm(nodes)
    assert.equal(a.gossip.hasLink(idOfB), 'full')
    assert.deepEqual(a.gossip.meshPeers(TOPIC), [idOfB])
    assert.deepEqual(a.gossip.subscribers(TOPIC), [idOfB])
    b.gossip.unsubscribe(TOPIC)
    await until('b has left the topic', () => a.gossip.subscribers(TOPIC).length === 0)
    await b.libp2p.stop()
    await until('b is gone', () => a.gossip.hasLink(idOfB) === 'none')
  })

  it('lets a lone node publish, and ignores publishing the same bytes twice', async () => {
    const alone = await ourNode()
    nodes = [alone]
    alone.subscribe(TOPIC)
    alone.publish(TOPIC, 'anyone?')
    alone.publish(TOPIC, 'anyone?')
    assert.equal(alone.gossip.counters.published, 1)
  })

  it('keeps its mesh with more than ten peers behind one address', async () => {
    nodes = await Promise.all(Array.from({ length: 13 }, () => ourNode()))
    const [hub, ...others] = nodes
    assert.ok(hub)
    for (const other of others) await connect(other, hub)
    for (const node of nodes) node.subscribe(TOPIC)
    // The colocation penalty would empty the mesh at the second heartbeat.
    await new Promise(resolve => setTimeout(resolve, 500))
    assert.ok(hub.meshPeers(TOPIC).length >= 3)
    others[0]?.publish(TOPIC, 'hello')
    await until('the hub hears it', () => hub.received.length === 1)
  })
})
