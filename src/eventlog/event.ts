import type { AgentId } from '../ports.ts'
import type { Hlc } from '../time/hlc.ts'

/** Plain data that canonical CBOR can carry: what an event says. */
export type EventData = { readonly [key: string]: EventValue }
export type EventValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly EventValue[]
  | { readonly [key: string]: EventValue }

/** An event as the core asks for it, before it has a place in the chain. */
export interface EventDraft {
  /** Dotted, past tense: `node.started`, `peer.joined`, `vehicle.took-off`. */
  readonly type: string
  /** What it is about: an agent, a peer, a job; empty = this node. */
  readonly subject: string
  readonly data: EventData
  /** W3C trace context, if the cause carried one. */
  readonly traceparent?: string
}

/** One entry of an agent's log. `prevHash` is the hash of the entry with `seq - 1` (32 zero bytes for the first). */
export interface LogEvent extends EventDraft {
  readonly v: number
  readonly author: AgentId
  readonly boot: number
  readonly seq: number
  readonly prevHash: Uint8Array
  readonly hlc: Hlc
}

/** A log entry with the hash of its canonical bytes, which the next entry names. */
export interface HashedEvent {
  readonly event: LogEvent
  readonly hash: Uint8Array
}
