import type { AgentId } from '../../src/ports.ts'
import type { FlagValues } from '../config/from-flags.ts'
import type { NodeStatus } from '../interface.ts'

/** What the demo tells a member, over the pipe between the two processes. */
export type ToMember =
  | {
      readonly t: 'start'
      /** What differs from the demo profile. */
      readonly config: FlagValues
      /** Which of the deliveries to fly, and when to take off; null = what the configuration says. */
      readonly delivery: { readonly index: number; readonly startAfterS: number } | null
    }
  | { readonly t: 'block'; readonly agents: readonly AgentId[] }
  | { readonly t: 'stop' }

/** What a member tells the demo. */
export type FromMember =
  | { readonly t: 'ready'; readonly status: NodeStatus }
  | { readonly t: 'status'; readonly status: NodeStatus; readonly points: number; readonly volumes: number }
  | { readonly t: 'failed'; readonly reason: string }
