import { RPC } from '@libp2p/gossipsub/message'
import {
  controlEntries,
  encodeMessage,
  GossipRpcError,
  messageId,
  ownMessage,
  splitRpc,
} from '../../../protocols/gossip/wire.ts'
import { cellOfTopic, positionTopic } from '../../../protocols/position/topic.ts'
import { isCell } from '../../../src/geo/cells.ts'
import { FaultError, outcomeOf, type Target } from '../engine/target.ts'
import { reports } from './positions.ts'
import { CELL, plain } from './swarm.ts'

const TOPIC = positionTopic(CELL)
const MESSAGES_MAX = 64
const [first = new Uint8Array(), second = new Uint8Array()] = reports
const ids = [messageId(TOPIC, first), messageId(TOPIC, second)]

const control = RPC.encode({
  subscriptions: [{ subscribe: true, topic: TOPIC }],
  messages: [],
  control: {
    ihave: [{ topicID: TOPIC, messageIDs: ids }],
    iwant: [{ messageIDs: ids }],
    graft: [{ topicID: TOPIC }],
    prune: [{ topicID: TOPIC, peers: [], backoff: 60 }],
    idontwant: [{ messageIDs: ids }],
  },
})

const publish = (data: Uint8Array): Uint8Array => encodeMessage(TOPIC, data).field

export const rpcs: readonly Uint8Array[] = [
  publish(first),
  plain(Buffer.concat([publish(first), publish(second)])),
  plain(control),
  plain(Buffer.concat([publish(second), control])),
]

const isRefusal = (error: unknown): boolean => error instanceof GossipRpcError

/** An RPC as the gossip layer reads it; the messages in it as they would be passed on. */
function readRpc(rpc: Uint8Array): void {
  const { messages, rest } = splitRpc(rpc, MESSAGES_MAX)
  if (rest !== null) controlEntries(rest)
  for (const view of messages) {
    const { id, topic, data, field } = ownMessage(rpc, view)
    if (id.length !== 20) throw new FaultError('an id of another length')
    // Whoever gets it from us must read the very same, under the same id.
    const [again, ...others] = splitRpc(field, MESSAGES_MAX).messages
    if (again === undefined || others.length > 0 || again.id !== id)
      throw new FaultError('it is passed on as something else')
    const read = ownMessage(field, again)
    if (read.topic !== topic || !Buffer.from(read.data).equals(data))
      throw new FaultError('it is altered on its way')
    if (data.byteLength + topic.length > 4 * rpc.byteLength) throw new FaultError('it grows')
  }
}

const rpc: Target = {
  name: 'gossip-rpc',
  form: 'binary',
  unchanged:
    'an RPC is refused whole, or each message in it is passed on with the id, topic and data that it has',
  open: () => ({ corpus: rpcs, take: input => outcomeOf(() => readRpc(input), isRefusal) }),
}

const topic: Target = {
  name: 'gossip-topic',
  form: 'text',
  unchanged: 'a topic is that of one cell, spelled in the one way, or none of ours',
  open: () => ({
    corpus: [CELL, '85283473fffffff', '8928308280fffff'].map(cell =>
      new TextEncoder().encode(positionTopic(cell)),
    ),
    take: input => {
      const text = new TextDecoder().decode(input)
      const cell = cellOfTopic(text)
      if (cell === null) return 'refused'
      if (!isCell(cell) || positionTopic(cell) !== text) throw new FaultError('two topics of one cell')
      return 'taken'
    },
  }),
}

export const GOSSIP_RPC: readonly Target[] = [rpc, topic]
