import { RPC } from '@libp2p/gossipsub/message'
import { identify } from '@libp2p/identify'
import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { layers, type Stack } from './stack.ts'
import { ourUpdates, stockUpdates, TOPIC } from './updates.ts'
import { onCommand, report } from './worker.ts'

/**
 * The mesh peers of the node under test: real libp2p nodes that speak the gossip protocol but do nothing with
 * what they get. Together they are the swarm behind the node: every update comes from `copies` of them.
 * Arguments: stack, flush in ms (how such peers send: stock one RPC a message, ours one a flush), number of
 * peers, copies, updates a second.
 */
export type FakeCommand = { readonly t: 'connect'; readonly address: string } | { readonly t: 'go' }
export type FakeReport = { readonly t: 'connected' } | { readonly t: 'sending' }

const PROTOCOL = '/meshsub/1.2.0'
const TICK_MS = 2
/** Updates made ahead, so that signing them costs nothing while the clock runs. */
const MADE_AHEAD_S = 30

const stack = process.argv[2] as Stack
const [flushMs = 0, peers = 8, copies = 4, ratePerS = 500] = process.argv.slice(3).map(Number)

interface FakePeer {
  readonly stream: Stream
  queue: Uint8Array[]
}

async function connectPeer(address: string): Promise<FakePeer> {
  const node = await createLibp2p({ ...layers(stack), services: { identify: identify() } })
  await node.handle(PROTOCOL, stream => {
    stream.addEventListener('message', () => {})
  })
  const connection = await node.dial(multiaddr(address))
  const stream = await connection.newStream(PROTOCOL)
  stream.send(
    framed(
      RPC.encode({
        subscriptions: [{ subscribe: true, topic: TOPIC }],
        messages: [],
        control: { ihave: [], iwant: [], graft: [{ topicID: TOPIC }], prune: [], idontwant: [] },
      }),
    ),
  )
  return { stream, queue: [] }
}

function framed(rpc: Uint8Array): Uint8Array {
  const prefix: number[] = []
  let rest = rpc.byteLength
  for (; rest > 127; rest >>>= 7) prefix.push((rest & 127) | 128)
  return Buffer.concat([Uint8Array.from([...prefix, rest]), rpc])
}

function flush(peer: FakePeer): void {
  if (peer.queue.length === 0) return
  peer.stream.send(framed(Buffer.concat(peer.queue)))
  peer.queue = []
}

function sendOn(links: readonly FakePeer[], updates: readonly Uint8Array[]): void {
  if (stack === 'ours') {
    for (const [index, link] of links.entries()) {
      // The peers' flushes are as far from each other as those of independent nodes are.
      setTimeout(() => setInterval(() => flush(link), flushMs), (index * flushMs) / links.length)
    }
  }
  const startedAt = performance.now()
  let sent = 0
  setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * ratePerS)
    for (; sent < due; sent++) {
      const update = updates[sent % updates.length]
      if (update !== undefined) sendCopies(links, update, sent)
    }
  }, TICK_MS)
}

function sendCopies(links: readonly FakePeer[], update: Uint8Array, seq: number): void {
  // A stride that is coprime with the number of peers: every subset of neighbours has its turn.
  const first = (seq * 5) % links.length
  for (let copy = 0; copy < copies; copy++) {
    const link = links[(first + copy * 3) % links.length]
    if (link === undefined) continue
    link.queue.push(update)
    // Stock peers relay each message at once; the copies come a moment apart, as over paths of their own.
    if (stack === 'stock') setTimeout(() => flush(link), copy)
  }
}

const source = stack === 'stock' ? await stockUpdates() : ourUpdates()
const updates: Uint8Array[] = []
for (let seq = 0; seq < ratePerS * MADE_AHEAD_S; seq++) updates.push(await source.next(seq))

let links: readonly FakePeer[] = []
onCommand<FakeCommand>(command => {
  if (command.t === 'go') {
    sendOn(links, updates)
    report({ t: 'sending' } as FakeReport)
    return
  }
  Promise.all(Array.from({ length: peers }, () => connectPeer(command.address))).then(connected => {
    links = connected
    report({ t: 'connected' } as FakeReport)
  })
})
