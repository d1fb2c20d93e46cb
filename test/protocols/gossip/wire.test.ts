import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { RPC } from '@libp2p/gossipsub/message'
import fc from 'fast-check'
import {
  controlEntries,
  encodeMessage,
  GossipRpcError,
  idBytes,
  idText,
  messageId,
  ownMessage,
  splitRpc,
} from '../../../protocols/gossip/wire.ts'

const NO_CONTROL = { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] }

function read(rpc: Uint8Array) {
  return splitRpc(rpc, 100).messages.map(view => ownMessage(rpc, view))
}

const code = (expected: string) => (error: unknown) =>
  error instanceof GossipRpcError && error.code === expected

describe('protocols/gossip/wire', () => {
  const topic = fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' })
  const data = fc.uint8Array({ maxLength: 400 })

  it('encodes a message as GossipSub does, byte for byte', () => {
    fc.assert(
      fc.property(topic, data, (topic, data) => {
        const stock = RPC.encode({ subscriptions: [], messages: [{ topic, data }] })
        assert.deepEqual(Buffer.from(encodeMessage(topic, data).field), Buffer.from(stock))
      }),
    )
  })

  it('reads what GossipSub encodes, and hands on everything that is no message', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(topic, data), { maxLength: 5 }), fc.boolean(), (sent, withControl) => {
        const messages = sent.map(([topic, data]) => ({ topic, data }))
        const subscriptions = withControl ? [{ subscribe: true, topic: 'p/1' }] : []
        const control = { ...NO_CONTROL, graft: [{ topicID: 'p/1' }] }
        const rpc = RPC.encode({ subscriptions, messages, ...(withControl ? { control } : {}) })
        const { rest } = splitRpc(rpc, 100)
        assert.deepEqual(
          read(rpc).map(({ topic, data }) => ({ topic, data: [...data] })),
          messages.map(({ topic, data }) => ({ topic, data: [...data] })),
        )
        assert.equal(rest !== null, withControl)
        if (rest !== null) assert.deepEqual(RPC.decode(rest), { subscriptions, messages: [], control })
      }),
    )
  })

  it('keeps a message apart from the RPC it came in', () => {
    const rpc = Buffer.from(encodeMessage('p/1', Buffer.from('abc')).field)
    const [message] = read(rpc)
    rpc.fill(0)
    assert.equal(Buffer.from(message?.data ?? []).toString(), 'abc')
  })

  it('makes ids of 20 bytes out of topic and data', () => {
    const body = encodeMessage('p/1', Buffer.from('abc')).field.subarray(2)
    const expected = createHash('sha256').update(body).digest().subarray(0, 20)
    assert.deepEqual(Buffer.from(messageId('p/1', Buffer.from('abc'))), expected)
    assert.notDeepEqual(messageId('p/2', Buffer.from('abc')), messageId('p/1', Buffer.from('abc')))
    assert.deepEqual(Buffer.from(idBytes(idText(expected))), expected)
  })

  it('gives one message one id and one form, however it was written', () => {
    const plain = encodeMessage('p/1', Buffer.from('abc'))
    const topicFirst = Buffer.from([0x12, 10, 0x22, 3, ...Buffer.from('p/1'), 0x12, 3, ...Buffer.from('abc')])
    const ballast = Buffer.from([0x12, 14, ...plain.field.subarray(2), 0x7a, 2, 9, 9])
    const longLength = Buffer.from([
      0x12,
      11,
      0x12,
      0x83,
      0,
      ...Buffer.from('abc'),
      0x22,
      3,
      ...Buffer.from('p/1'),
    ])
    for (const rpc of [topicFirst, ballast, longLength]) {
      const [message] = read(rpc)
      assert.equal(message?.id, plain.id)
      assert.deepEqual(message?.field, plain.field)
    }
  })

  it('refuses signed messages, messages without topic or data, and too many', () => {
    const signature = Buffer.from([1])
    const signed = RPC.encode({ subscriptions: [], messages: [{ topic: 'a', data: signature, signature }] })
    assert.throws(() => splitRpc(signed, 10), code('signed'))
    assert.throws(() => splitRpc(Buffer.from([0x12, 2, 0x12, 0]), 10), code('incomplete'))
    const three = Buffer.concat(['1', '2', '3'].map(text => encodeMessage('a', Buffer.from(text)).field))
    assert.equal(splitRpc(three, 3).messages.length, 3)
    assert.throws(() => splitRpc(three, 2), code('too-many-messages'))
  })

  it('counts what the rest of an RPC asks for: subscriptions, and each id and topic of control', () => {
    const ids = (count: number) => Array.from({ length: count }, () => Buffer.alloc(20))
    const entriesOf = (rpc: Partial<RPC>) => {
      const { rest } = splitRpc(RPC.encode({ subscriptions: [], messages: [], ...rpc }), 100)
      return rest === null ? 0 : controlEntries(rest)
    }
    const control = (parts: Partial<typeof NO_CONTROL>) => ({ control: { ...NO_CONTROL, ...parts } as never })
    const subscriptions = Array.from({ length: 7 }, (_, i) => ({ subscribe: true, topic: `p/${i}` }))
    assert.equal(entriesOf({}), 0)
    assert.equal(entriesOf({ subscriptions }), 7)
    // One for the entry, one for each of its fields.
    assert.equal(entriesOf(control({ graft: [{ topicID: 'a' }, { topicID: 'b' }] as never })), 4)
    assert.equal(entriesOf(control({ ihave: [{ topicID: 'a', messageIDs: ids(100) }] as never })), 102)
    assert.equal(entriesOf(control({ iwant: [{ messageIDs: ids(50) }] as never })), 51)
  })

  it('throws nothing but its own error at any bytes', () => {
    const valid = Buffer.from(encodeMessage('p/881f1d4887', Buffer.alloc(116, 7)).field)
    const mutated = fc
      .tuple(fc.nat(valid.length - 1), fc.nat(255), fc.nat(valid.length))
      .map(([at, value, length]) => {
        const bytes = Buffer.from(valid)
        bytes[at] = value
        return bytes.subarray(0, length)
      })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), mutated), bytes => {
        try {
          read(bytes)
          controlEntries(bytes)
        } catch (error) {
          assert.ok(error instanceof GossipRpcError)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
