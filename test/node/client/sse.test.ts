import assert from 'node:assert/strict'
import fc from 'fast-check'
import { lines } from '../../../node/client/lines.ts'
import { type ServerSentEvent, serverSentEvents } from '../../../node/client/sse.ts'

/** A body that arrives in pieces of the given sizes, over and over. */
const body = (text: string, sizes: readonly number[] = [text.length + 1]): ReadableStream<Uint8Array> => {
  const bytes = new TextEncoder().encode(text)
  return new ReadableStream({
    start(controller) {
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length] ?? 1
        controller.enqueue(bytes.slice(at, at + size))
        at += size
      }
      controller.close()
    },
  })
}

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

describe('client: server-sent events', () => {
  it('reads ids, names and data of several lines, and skips comments', async () => {
    const text = ': hello\nretry: 5\n\nid: 7\ndata: one\ndata:two\n\nevent: gap\ndata\n\nid: 8\n\n'
    const ids: string[] = []
    assert.deepEqual(await all(serverSentEvents(lines(body(text)), id => ids.push(id))), [
      { id: '7', event: 'message', data: 'one\ntwo' },
      { id: '7', event: 'gap', data: '' },
    ] satisfies ServerSentEvent[])
    assert.deepEqual(ids, ['', '7', '7', '8'])
  })

  it('leaves out an event that was cut off', async () => {
    assert.deepEqual(await all(serverSentEvents(lines(body('id: 1\ndata: whole\n\nid: 2\ndata: cut')))), [
      { id: '1', event: 'message', data: 'whole' },
    ])
  })

  it('reads the same however the bytes are cut, with either line end', async () => {
    const text = fc.array(fc.string({ unit: 'grapheme' }).map(line => line.replaceAll(/[\r\n]/g, '')))
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.constantFrom('\n', '\r\n'),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
        async (expected, end, sizes) => {
          const sent = expected.map(line => line + end).join('')
          assert.deepEqual(await all(lines(body(sent, sizes))), expected)
        },
      ),
    )
  })

  it('closes the connection when its reader leaves early', async () => {
    let cancelled = false
    const endless = new ReadableStream<Uint8Array>({
      pull: controller => controller.enqueue(new TextEncoder().encode('data: x\n\n')),
      cancel: () => {
        cancelled = true
      },
    })
    for await (const _ of serverSentEvents(lines(endless))) break
    assert.ok(cancelled)
  })
})
