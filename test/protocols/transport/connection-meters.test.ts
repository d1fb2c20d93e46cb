import assert from 'node:assert/strict'
import type { Connection } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { createLibp2p, type Libp2p } from 'libp2p'
import { swarmLayers } from '../../../protocols/transport/layers.ts'

const SINK = '/test/sink/1'

/** What is private in the library, of the end that misbehaves here. */
interface Insides {
  readonly muxer: { sendPing(id: number): void }
  readonly maConn: { readonly socket: { pause(): void } }
}

const insidesOf = (connection: Connection) => connection as unknown as Insides

async function until(condition: () => boolean): Promise<void> {
  const giveUpAtMs = performance.now() + 5_000
  while (!condition()) {
    assert.ok(performance.now() < giveUpAtMs, 'waited in vain')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

describe('protocols/transport/connection-meters', () => {
  let nodes: Libp2p[] = []
  afterEach(async () => {
    await Promise.all(nodes.map(node => node.stop()))
    nodes = []
  })

  /** A node that dials another, whose peers are metered. */
  async function pair({ isIn = true } = {}) {
    const spent = new Map<string, number>()
    const state = { out: false, received: 0, peers: new Set<string>() }
    const meter = {
      spend(peer: string, budget: string, amount: number) {
        state.peers.add(peer)
        spent.set(budget, (spent.get(budget) ?? 0) + amount)
        return !state.out
      },
      fault: () => {},
    }
    const base = { transports: [tcp()], connectionMonitor: { enabled: false } }
    const listener = await createLibp2p({
      ...base,
      ...swarmLayers(null, meter, () => isIn),
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    })
    await listener.handle(SINK, stream => {
      stream.addEventListener('message', ({ data }) => {
        state.received += data.byteLength
      })
    })
    const dialer = await createLibp2p({ ...base, ...swarmLayers(null) })
    nodes = [listener, dialer]
    const [address] = listener.getMultiaddrs()
    assert.ok(address)
    const connection = await dialer.dial(address)
    return { spent, state, listener, dialer, connection }
  }

  it('count bytes, frames and streams, and to whom they belong', async () => {
    const { spent, state, dialer, connection } = await pair()
    const before = spent.get('streams') ?? 0
    const streams = await Promise.all([connection.newStream(SINK), connection.newStream(SINK)])
    for (const stream of streams) stream.send(new Uint8Array(100_000))
    await until(() => state.received === 200_000)
    assert.deepEqual(state.peers, new Set([dialer.peerId.toString()]))
    assert.equal(spent.get('streams'), before + 2)
    const bytes = spent.get('link') ?? 0
    assert.ok(bytes > 200_000 && bytes < 202_000, `${bytes} bytes`)
    assert.ok((spent.get('frames') ?? 0) >= 6)
    assert.equal(spent.get('relayed'), undefined)
    assert.equal(spent.get('unadmitted'), undefined)
  })

  it('count once more the bytes of who was not let in yet', async () => {
    const { spent, state, connection } = await pair({ isIn: false })
    const stream = await connection.newStream(SINK)
    stream.send(new Uint8Array(100_000))
    await until(() => state.received === 100_000)
    assert.equal(spent.get('unadmitted'), spent.get('link'))
  })

  it('read nothing more of a peer that is out, and can still tell it so', async () => {
    const { state, spent, listener, connection } = await pair()
    const stream = await connection.newStream(SINK)
    stream.send(new Uint8Array(1_000))
    await until(() => state.received === 1_000)
    state.out = true
    const asked = () => [...spent.values()].reduce((sum, amount) => sum + amount, 0)
    const before = asked()
    for (let i = 0; i < 30; i++) stream.send(new Uint8Array(100_000))
    const [back] = listener.getConnections()
    await until(() => asked() > before)
    let heard = 0
    const echo = connection.streams.find(each => each.id === stream.id)
    echo?.addEventListener('message', ({ data }) => {
      heard += data.byteLength
    })
    back?.streams.find(each => each.protocol === SINK)?.send(new Uint8Array(7))
    await until(() => heard === 7)
    assert.equal(state.received, 1_000)
    // Nor is its socket read: what it sends waits with itself.
    assert.ok(asked() - before < 200_000)
  })

  it('come with a bound on what waits to be sent: who reads no answer is dropped', async () => {
    const { connection, listener } = await pair()
    await until(() => listener.getConnections().length === 1)
    insidesOf(connection).maConn.socket.pause()
    const [back] = listener.getConnections()
    assert.ok(back)
    const { muxer } = insidesOf(back)
    // Far less than a million frames of twelve bytes.
    for (let i = 0; back.status === 'open'; i++) {
      assert.ok(i < 1_000, 'it still takes frames for a reader that reads nothing')
      for (let n = 0; n < 1_000; n++) if (back.status === 'open') muxer.sendPing(n)
      await new Promise(resolve => setImmediate(resolve))
    }
  })
})
