import type { FlagValues } from '../../../node/config/from-flags.ts'
import type { AgentId } from '../../../src/ports.ts'
import type { Field, Toll } from '../attacks/attack.ts'

/** What the process of an honest node is told. */
export type ToHonest =
  | { readonly t: 'start'; readonly flags: FlagValues }
  /** From now on: reports are counted, and the worst of everything is looked for anew. */
  | { readonly t: 'begin' }
  /** Reports that are published from now on don't count any more, late ones are still waited for. */
  | { readonly t: 'close' }
  | { readonly t: 'count' }
  | { readonly t: 'revoke'; readonly list: Uint8Array }

/** Since `begin`, of one honest node. */
export interface Count {
  /** Numbers of the reports that it published before `close`. */
  readonly published: readonly number[]
  /** Numbers of the reports that it took for news, by author: by gossip or by anti-entropy. */
  readonly heard: ReadonlyMap<AgentId, readonly number[]>
  readonly rssBytes: { readonly before: number; readonly max: number; readonly now: number }
  readonly cpuMs: number
  readonly wallMs: number
  /** The longest that its event loop stood still, ms. */
  readonly stallMs: number
  /** Peers that are up. */
  readonly peers: readonly AgentId[]
  readonly metrics: string
}

export type FromHonest =
  | { readonly t: 'up'; readonly agent: AgentId; readonly listen: string }
  | { readonly t: 'done' }
  | { readonly t: 'count'; readonly count: Count }
  | { readonly t: 'failed'; readonly reason: string }

export type ToAssailant =
  | { readonly t: 'attack'; readonly name: string; readonly field: Field }
  | { readonly t: 'stop' }

export type FromAssailant =
  | { readonly t: 'ready' }
  | { readonly t: 'toll'; readonly toll: Toll }
  | { readonly t: 'failed'; readonly reason: string }
