import { hash } from 'node:crypto'

/**
 * The part of GossipSub's protobuf that carries messages, by hand: a message is encoded once, kept as the bytes
 * of its field, and those bytes go to every peer. Protobuf allows that: the encoding of an RPC is its fields one
 * after the other, and `publish` is repeated.
 *
 *     message RPC     { … repeated Message publish = 2; … }
 *     message Message { bytes data = 2; string topic = 4; }      what is left of it under StrictNoSign
 */
const RPC_SUBSCRIPTION = 0x0a
const RPC_PUBLISH = 0x12
const RPC_CONTROL = 0x1a
const MESSAGE_DATA = 0x12
const MESSAGE_TOPIC = 0x22

const WIRE_VARINT = 0
const WIRE_64_BIT = 1
const WIRE_BYTES = 2
const WIRE_32_BIT = 5

/** Length of a message id, bytes (and latin1 characters: the text form is one character a byte). */
const ID_LENGTH = 20

/** Why an RPC was refused. */
export type RpcFault = 'truncated' | 'wire-type' | 'too-many-messages' | 'signed' | 'incomplete'

/** Bytes of a peer that are no RPC, or one that this swarm doesn't speak. */
export class GossipRpcError extends Error {
  override readonly name = 'GossipRpcError'
  readonly code: RpcFault
  readonly offset: number

  constructor(code: RpcFault, offset: number) {
    super(`Refused a gossip RPC (${code} at byte ${offset}); it was dropped and its sender is scored down.`)
    this.code = code
    this.offset = offset
  }
}

/** One message inside the bytes of an RPC. Offsets count from the start of the RPC. */
export interface MessageView {
  readonly id: string
  /** The field with its tag and length: what goes to other peers as it is. */
  readonly start: number
  readonly end: number
  readonly dataStart: number
  readonly dataEnd: number
  readonly topicStart: number
}

/** A message as it is kept: id, the bytes of its field in an RPC, and its parts (views of those bytes). */
export interface WireMessage {
  readonly id: string
  readonly topic: string
  readonly field: Uint8Array
  readonly data: Uint8Array
}

function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest > 127; rest >>>= 7) length++
  return length
}

/** Writes `value` (below 2^31) at `offset`; returns the offset behind it. */
export function writeVarint(into: Uint8Array, offset: number, value: number): number {
  let at = offset
  let rest = value
  while (rest > 127) {
    into[at++] = (rest & 127) | 128
    rest >>>= 7
  }
  into[at++] = rest
  return at
}

/** The length prefix in front of each RPC of a stream, and how long it is. */
export const prefixLength = varintLength

/**
 * The id of a message: the first 20 bytes of SHA-256 over topic and data, hence over the author's signature in
 * the data. An id made from author and sequence number could be claimed by anyone first and the true message
 * dropped as a duplicate; one without the topic could be spent on another topic.
 */
function idOf(body: Uint8Array): string {
  return hash('sha256', body, 'binary').slice(0, ID_LENGTH)
}

/** Encodes a message for `topic`, once for all peers. */
export function encodeMessage(topic: string, data: Uint8Array): WireMessage {
  const topicBytes = Buffer.from(topic)
  const bodyLength =
    1 +
    varintLength(data.byteLength) +
    data.byteLength +
    1 +
    varintLength(topicBytes.length) +
    topicBytes.length
  const bodyStart = 1 + varintLength(bodyLength)
  const field = new Uint8Array(bodyStart + bodyLength)
  field[0] = RPC_PUBLISH
  let at = writeVarint(field, 1, bodyLength)
  field[at++] = MESSAGE_DATA
  at = writeVarint(field, at, data.byteLength)
  const dataStart = at
  field.set(data, at)
  at += data.byteLength
  field[at++] = MESSAGE_TOPIC
  at = writeVarint(field, at, topicBytes.length)
  field.set(topicBytes, at)
  return {
    id: idOf(field.subarray(bodyStart)),
    topic,
    field,
    data: field.subarray(dataStart, dataStart + data.byteLength),
  }
}

/** The id of (topic, data) in bytes: `msgIdFn` for a stock GossipSub that is to share a mesh with ours. */
export function messageId(topic: string, data: Uint8Array): Uint8Array {
  return idBytes(encodeMessage(topic, data).id)
}

/** The bytes of a message id given as text. */
export function idBytes(id: string): Uint8Array {
  return Buffer.from(id, 'latin1')
}

/** The text of a message id given in bytes: one latin1 character a byte, the cheapest map key there is. */
export function idText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/**
 * Reads the fields of one RPC (or message), with every length checked against the end.
 * A cursor instead of a list: this runs for every copy of every message.
 */
class Fields {
  readonly #bytes: Uint8Array
  #at: number
  readonly #end: number
  tag = 0
  /** Where the field begins (its tag), its content begins, and it ends. */
  start = 0
  contentStart = 0
  end = 0

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  next(): boolean {
    if (this.#at >= this.#end) return false
    this.start = this.#at
    this.tag = this.#varint()
    const wireType = this.tag & 7
    if (wireType === WIRE_BYTES) {
      const length = this.#varint()
      this.contentStart = this.#at
      this.#at += length
    } else {
      this.contentStart = this.#at
      if (wireType === WIRE_VARINT) this.#varint()
      else if (wireType === WIRE_64_BIT) this.#at += 8
      else if (wireType === WIRE_32_BIT) this.#at += 4
      else throw new GossipRpcError('wire-type', this.start)
    }
    if (this.#at > this.#end) throw new GossipRpcError('truncated', this.start)
    this.end = this.#at
    return true
  }

  #varint(): number {
    let value = 0
    for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined || this.#at > this.#end) throw new GossipRpcError('truncated', this.start)
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    throw new GossipRpcError('truncated', this.start)
  }
}

/**
 * Splits an RPC into its messages and all the rest (subscriptions, control), which is GossipSub's business.
 * `rest` is null when there is none, which is the rule. Throws GossipRpcError; then nothing of the RPC counts.
 */
export function splitRpc(
  rpc: Uint8Array,
  maxMessages: number,
): { readonly messages: readonly (MessageView | WireMessage)[]; readonly rest: Uint8Array | null } {
  const messages: (MessageView | WireMessage)[] = []
  const rest: Uint8Array[] = []
  const fields = new Fields(rpc, 0, rpc.byteLength)
  while (fields.next()) {
    if (fields.tag !== RPC_PUBLISH) {
      rest.push(rpc.subarray(fields.start, fields.end))
      continue
    }
    if (messages.length === maxMessages) throw new GossipRpcError('too-many-messages', fields.start)
    messages.push(viewMessage(rpc, fields))
  }
  return { messages, rest: rest.length === 0 ? null : Buffer.concat(rest) }
}

/**
 * How many things the fields of an RPC that are no messages ask of GossipSub: subscriptions, GRAFT, PRUNE, and each
 * id of IHAVE, IWANT and IDONTWANT (as every field of theirs). Counted before anything is decoded; throws GossipRpcError.
 */
export function controlEntries(rest: Uint8Array): number {
  const fields = new Fields(rest, 0, rest.byteLength)
  let entries = 0
  while (fields.next()) {
    if (fields.tag === RPC_SUBSCRIPTION) entries++
    else if (fields.tag === RPC_CONTROL) entries += partsWithin(rest, fields)
  }
  return entries
}

function partsWithin(rest: Uint8Array, control: Fields): number {
  const kinds = new Fields(rest, control.contentStart, control.end)
  let parts = 0
  while (kinds.next()) {
    const fields = new Fields(rest, kinds.contentStart, kinds.end)
    parts++
    while (fields.next()) parts++
  }
  return parts
}

/**
 * A message written in the plain way (data, topic, nothing else) is relayed byte for byte. Any other legal
 * writing of it is rewritten in the plain way first, so that one message has one id and carries no ballast.
 */
function viewMessage(rpc: Uint8Array, field: Fields): MessageView | WireMessage {
  const parts = new Fields(rpc, field.contentStart, field.end)
  let data: readonly [number, number] | undefined
  let topic: readonly [number, number] | undefined
  let plain = true
  while (parts.next()) {
    const part = [parts.contentStart, parts.end] as const
    if (parts.tag === MESSAGE_DATA && data === undefined && topic === undefined) data = part
    else if (parts.tag === MESSAGE_TOPIC && topic === undefined) topic = part
    else if (parts.tag === MESSAGE_DATA && data === undefined) [data, plain] = [part, false]
    else if (parts.tag === 0x1a || parts.tag === 0x2a || parts.tag === 0x32) {
      // seqno, signature, key: GossipSub's own signing, which StrictNoSign forbids.
      throw new GossipRpcError('signed', parts.start)
    } else plain = false
  }
  if (data === undefined || topic === undefined) throw new GossipRpcError('incomplete', field.start)
  const lengthsAreShort =
    field.contentStart - field.start === 1 + varintLength(field.end - field.contentStart) &&
    data[0] - field.contentStart === 1 + varintLength(data[1] - data[0]) &&
    topic[0] - data[1] === 1 + varintLength(topic[1] - topic[0])
  if (!plain || !lengthsAreShort) {
    return encodeMessage(textOf(rpc, topic[0], topic[1]), rpc.subarray(data[0], data[1]))
  }
  return {
    id: idOf(rpc.subarray(field.contentStart, field.end)),
    start: field.start,
    end: field.end,
    dataStart: data[0],
    dataEnd: data[1],
    topicStart: topic[0],
  }
}

/** Takes a message out of its RPC: one small copy of its own, so that keeping it doesn't keep the whole RPC. */
export function ownMessage(rpc: Uint8Array, view: MessageView | WireMessage): WireMessage {
  if ('field' in view) return view
  const field = new Uint8Array(view.end - view.start)
  field.set(rpc.subarray(view.start, view.end))
  return {
    id: view.id,
    topic: textOf(rpc, view.topicStart, view.end),
    field,
    data: field.subarray(view.dataStart - view.start, view.dataEnd - view.start),
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}
