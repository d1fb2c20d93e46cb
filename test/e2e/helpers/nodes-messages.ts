import type { FlagValues } from '../../../node/config/from-flags.ts'
import type { NodeStatus } from '../../../node/interface.ts'
import type { AgentId } from '../../../src/ports.ts'

/** What a process of several nodes is told. */
export type ToHost =
  | { readonly t: 'start'; readonly nodes: readonly FlagValues[] }
  /** Whom each of the nodes is cut off from from now on. */
  | { readonly t: 'block'; readonly blocked: readonly (readonly AgentId[])[] }

/** What it says. */
export type FromHost =
  | { readonly t: 'ready'; readonly nodes: readonly Pick<NodeStatus, 'agent' | 'name' | 'api' | 'listen'>[] }
  | { readonly t: 'done' }
  | { readonly t: 'failed'; readonly reason: string }
