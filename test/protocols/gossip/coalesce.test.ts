import assert from 'node:assert/strict'
import { Coalescer, type Queued } from '../../../protocols/gossip/coalesce.ts'
import { gossipCounters } from '../../../protocols/gossip/counters.ts'
import { encodeMessage, ownMessage, splitRpc } from '../../../protocols/gossip/wire.ts'

const FLUSH_MS = 10

function message(text: string, ephemeral = true): Queued {
  return { ...encodeMessage('p/1', Buffer.from(text)), ephemeral }
}

/** RPCs with their length prefix, as the texts of their messages. */
function texts(frame: Uint8Array): string[][] {
  const rpcs: string[][] = []
  for (let at = 0; at < frame.byteLength; ) {
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = frame[at++] ?? 0
      length += (byte & 127) << shift
      if (byte < 128) break
    }
    const rpc = frame.subarray(at, at + length)
    at += length
    rpcs.push(splitRpc(rpc, 1_000).messages.map(view => Buffer.from(ownMessage(rpc, view).data).toString()))
  }
  return rpcs
}

function setUp(maxQueuedPerPeer = 100) {
  const sent = new Map<string, string[][][]>()
  const congested = new Set<string>()
  const gone = new Set<string>()
  const unwanted = new Set<string>()
  const overrun: string[] = []
  const counters = gossipCounters()
  const coalescer = new Coalescer({
    flushMs: FLUSH_MS,
    maxQueuedPerPeer,
    counters,
    unwanted: (_peer, id) => unwanted.has(id),
    onOverrun: peer => void overrun.push(peer),
    outlet: peer =>
      gone.has(peer)
        ? undefined
        : {
            congested: () => congested.has(peer),
            send: frame => void sent.set(peer, [...(sent.get(peer) ?? []), texts(frame)]),
          },
  })
  return { coalescer, sent, congested, gone, unwanted, overrun, counters }
}

const flush = () => new Promise(resolve => setTimeout(resolve, FLUSH_MS * 6))

describe('protocols/gossip/coalesce', () => {
  it('sends all that waits for a peer at the flush, as one RPC in one write', async () => {
    const { coalescer, sent } = setUp()
    for (const text of ['1', '2', '3']) coalescer.relay('a', message(text))
    coalescer.relay('b', message('1'))
    assert.equal(sent.size, 0)
    await flush()
    assert.deepEqual(sent.get('a'), [[['1', '2', '3']]])
    assert.deepEqual(sent.get('b'), [[['1']]])
  })

  it('sends own messages at once and takes along what waits for the same peers only', async () => {
    const { coalescer, sent } = setUp()
    coalescer.relay('a', message('relayed'))
    coalescer.relay('b', message('relayed'))
    coalescer.publish('a', message('own'))
    assert.deepEqual(sent.get('a'), [[['relayed', 'own']]])
    assert.equal(sent.get('b'), undefined)
    await flush()
    assert.equal(sent.get('a')?.length, 1)
    assert.deepEqual(sent.get('b'), [[['relayed']]])
  })

  it('drops a waiting message that the peer sends to us first, and counts it', async () => {
    const { coalescer, sent, counters } = setUp()
    const [one, two] = [message('1'), message('2')]
    coalescer.relay('a', one)
    coalescer.relay('a', two)
    coalescer.relay('b', one)
    coalescer.received('a', one.id)
    coalescer.received('a', 'never queued')
    await flush()
    assert.deepEqual(sent.get('a'), [[['2']]])
    assert.deepEqual(sent.get('b'), [[['1']]])
    assert.equal(counters.suppressed, 1)
  })

  it('adds what waits to a control RPC, which stays first', async () => {
    const { coalescer, sent } = setUp()
    coalescer.relay('a', message('waiting'))
    assert.deepEqual(texts(coalescer.withQueued('a', message('control').field)), [['control', 'waiting']])
    await flush()
    assert.equal(sent.get('a'), undefined)
    assert.deepEqual(texts(coalescer.withQueued('nobody', message('control').field)), [['control']])
  })

  it('drops the oldest ephemeral message when a queue is full, and nothing else', async () => {
    const { coalescer, sent, counters, overrun } = setUp(3)
    coalescer.relay('a', message('event', false))
    for (const text of ['1', '2', '3', '4']) coalescer.relay('a', message(text))
    for (const text of ['e1', 'e2', 'e3']) coalescer.relay('b', message(text, false))
    coalescer.relay('b', message('1'))
    await flush()
    assert.deepEqual(sent.get('a'), [[['event', '3', '4']]])
    assert.deepEqual(sent.get('b'), [[['e1', 'e2', 'e3']]])
    assert.equal(counters.overflowed, 3)
    assert.deepEqual(overrun, [])
  })

  it('under pressure drops positions, never an alarm: a peer that reads none of them is dropped itself', async () => {
    const { coalescer, sent, congested, overrun, counters } = setUp(10)
    congested.add('a')
    for (let i = 0; i < 1_000; i++) {
      coalescer.relay('a', message(`position ${i}`))
      if (i % 100 === 0) coalescer.publish('a', message(`alarm ${i}`, false))
      assert.ok(coalescer.queued() <= 10)
    }
    assert.deepEqual(overrun, [])
    assert.equal(counters.overflowed, 1_000)
    coalescer.relay('a', message('the eleventh alarm', false))
    assert.deepEqual(overrun, ['a'])
    assert.equal(coalescer.queued(), 0)
    congested.clear()
    await flush()
    assert.equal(sent.get('a'), undefined)
  })

  it('pushes nothing into a congested stream and sends when it flows again', async () => {
    const { coalescer, sent, congested, counters } = setUp(2)
    congested.add('a')
    coalescer.relay('a', message('1'))
    coalescer.publish('a', message('own'))
    await flush()
    assert.equal(sent.get('a'), undefined)
    assert.ok(counters.congested >= 2)
    coalescer.relay('a', message('2'))
    congested.clear()
    await flush()
    assert.deepEqual(sent.get('a'), [[['own', '2']]])
  })

  it('keeps RPCs within their bounds, still in one write', async () => {
    const { coalescer, sent } = setUp(1_000)
    for (let i = 0; i < 300; i++) coalescer.relay('a', message(`small ${i}`))
    for (let i = 0; i < 3; i++) coalescer.relay('b', message(`${i}`.repeat(20_000)))
    await flush()
    assert.deepEqual(
      sent.get('a')?.map(rpcs => rpcs.map(rpc => rpc.length)),
      [[128, 128, 44]],
    )
    assert.deepEqual(
      sent.get('b')?.map(rpcs => rpcs.map(rpc => rpc.length)),
      [[2, 1]],
    )
  })

  it('sends nothing that the peer has said it has, and nothing to a peer that is gone', async () => {
    const { coalescer, sent, unwanted, gone } = setUp()
    const known = message('known')
    unwanted.add(known.id)
    coalescer.relay('a', known)
    coalescer.relay('b', message('1'))
    coalescer.relay('c', message('1'))
    gone.add('b')
    coalescer.forget('c')
    await flush()
    assert.equal(sent.size, 0)
    coalescer.relay('d', message('1'))
    coalescer.stop()
    await flush()
    assert.equal(sent.size, 0)
  })
})
