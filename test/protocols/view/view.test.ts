import assert from 'node:assert/strict'
import type { Connection, Libp2p, Stream, StreamHandler } from '@libp2p/interface'
import { streamPair } from '@libp2p/utils'
import { serveViews, viewOf } from '../../../protocols/view/view.ts'

const SERVER = 'server'

/** A node that serves its view, and how its peers open streams to it. */
async function served(
  frame: () => Uint8Array,
  isUp: (peer: string) => boolean = () => true,
  mayWatch: (peer: string) => boolean = () => true,
) {
  let handler: StreamHandler = () => {}
  const libp2p = {
    handle: async (_: unknown, handle: StreamHandler) => {
      handler = handle
    },
  } as unknown as Pick<Libp2p, 'handle'>
  const connectionOf = (peer: string) => ({ remotePeer: { toString: () => peer } }) as Connection
  await serveViews({
    libp2p,
    frame,
    mayWatch,
    meter: { spend: () => true, fault: () => {} },
    connection: peer => (isUp(peer) ? connectionOf(peer) : undefined),
  })
  const streams: Stream[] = []
  const connectionFrom = (peer: string) =>
    ({
      async newStream() {
        const [here, there] = await streamPair()
        streams.push(there)
        handler(there, connectionOf(peer))
        return here
      },
    }) as unknown as Connection
  const watch = (peer: string) => {
    const abort = new AbortController()
    const view = { connection: () => connectionFrom(peer) }
    const frames = viewOf(view, SERVER, 10, abort.signal)[Symbol.asyncIterator]()
    const leave = async (): Promise<void> => {
      abort.abort()
      await frames.return?.()
    }
    return { next: () => frames.next(), leave }
  }
  return { watch, streams }
}

function counting(): () => Uint8Array {
  let made = 0
  return () => Uint8Array.of(++made)
}

const numberOf = ({ value }: IteratorResult<Uint8Array>): number | undefined => value?.[0]

describe('view protocol', () => {
  it('shows frame after frame until the reader leaves, and makes none after that', async () => {
    let made = 0
    const { watch, streams } = await served(() => Uint8Array.of(++made))
    const reader = watch('a')
    assert.deepEqual([numberOf(await reader.next()), numberOf(await reader.next())], [1, 2])
    await reader.leave()
    while (streams[0]?.status === 'open') await new Promise(resolve => setTimeout(resolve, 5))
    const then = made
    await new Promise(resolve => setTimeout(resolve, 250))
    assert.equal(made, then)
  })

  it('has places for four readers in all, whoever they are; one that is left is free', async () => {
    const { watch } = await served(counting())
    const readers = ['a', 'b', 'c', 'a'].map(peer => watch(peer))
    for (const reader of readers) assert.equal((await reader.next()).done, false)
    const fifth = watch('d')
    await assert.rejects(fifth.next(), { code: 'VIEW_UNREACHABLE', message: /4 others look at its view/ })
    await readers[0]?.leave()
    const sixth = watch('e')
    assert.equal((await sixth.next()).done, false)
    for (const reader of [...readers, sixth]) await reader.leave()
  })

  it('ends the stream, and not the node, when no frame can be made', async () => {
    let fails = false
    const { watch } = await served(() => {
      if (fails) throw new Error('no frame')
      return Uint8Array.of(1)
    })
    const reader = watch('a')
    assert.equal(numberOf(await reader.next()), 1)
    fails = true
    await assert.rejects(
      async () => {
        for (;;) await reader.next()
      },
      { code: 'VIEW_UNREACHABLE' },
    )
    fails = false
    const again = watch('a')
    assert.equal(numberOf(await again.next()), 1)
    await again.leave()
  })

  it('shows nothing to a peer that has not said hello, and asks none that is not connected', async () => {
    let made = 0
    const { watch } = await served(
      () => Uint8Array.of(++made),
      peer => peer !== 'stranger',
    )
    await assert.rejects(watch('stranger').next(), { code: 'VIEW_UNREACHABLE' })
    assert.equal(made, 0)
    const nobody = viewOf({ connection: () => undefined }, SERVER, 5, new AbortController().signal)
    await assert.rejects(nobody[Symbol.asyncIterator]().next(), { message: /is not connected to this node/ })
  })

  it('regression: shows nothing more to whose right has ended, or who was let go', async () => {
    const [allowed, up] = [new Set(['a', 'b']), new Set(['a', 'b'])]
    let made = 0
    const { watch } = await served(
      () => Uint8Array.of(++made),
      peer => up.has(peer),
      peer => allowed.has(peer),
    )
    for (const [peer, ends] of [
      ['a', allowed],
      ['b', up],
    ] as const) {
      const reader = watch(peer)
      assert.equal((await reader.next()).done, false)
      ends.delete(peer)
      const then = made
      await assert.rejects(
        async () => {
          for (;;) await reader.next()
        },
        { code: 'VIEW_UNREACHABLE' },
      )
      assert.equal(made, then)
    }
  })

  it('regression: shows nothing to whose role does not say so', async () => {
    const { watch } = await served(
      counting(),
      () => true,
      peer => peer !== 'relay',
    )
    await assert.rejects(watch('relay').next(), /our role may not watch views/)
    assert.equal(numberOf(await watch('drone').next()), 1)
  })
})
