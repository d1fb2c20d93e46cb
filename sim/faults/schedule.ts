import type { Shape } from '../net/cuts.ts'
import type { LinkConditions } from '../net/link.ts'

/** Every kind of trouble the simulator can make in any swarm; a run draws which of them are on. */
export const FAULT_KINDS = [
  'loss',
  'bursts',
  'duplicates',
  'reordering',
  'latency',
  'partitions',
  'cuts',
  'clogs',
  'crashes',
  'deaths',
  'pauses',
  'clocks',
  'clock-steps',
  'disk-slow',
  'disk-full',
  'disk-holes',
  'read-errors',
] as const
/** Trouble that only a closed swarm has. */
export const TRUST_FAULT_KINDS = ['revocations', 'expiries', 'equivocations', 'renewals'] as const
export const ALL_FAULT_KINDS = [...FAULT_KINDS, ...TRUST_FAULT_KINDS] as const
export type FaultKind = (typeof ALL_FAULT_KINDS)[number]

/** One thing that goes wrong at `atMs` and, where it lasts, is mended `forMs` later. Nodes go by number. */
export type Fault =
  | {
      readonly t: 'partition'
      readonly atMs: number
      readonly forMs: number
      readonly shape: Shape
      readonly side: readonly number[]
    }
  /** One direction of one link. */
  | {
      readonly t: 'cut'
      readonly atMs: number
      readonly forMs: number
      readonly from: number
      readonly to: number
    }
  | {
      readonly t: 'clog'
      readonly atMs: number
      readonly forMs: number
      readonly from: number
      readonly to: number
    }
  /** The process dies and starts again `forMs` later. `power`: what was not synced is lost too. */
  | {
      readonly t: 'crash'
      readonly atMs: number
      readonly forMs: number
      readonly node: number
      readonly power: boolean
    }
  /** The vehicle is gone for good. */
  | { readonly t: 'death'; readonly atMs: number; readonly node: number }
  | { readonly t: 'pause'; readonly atMs: number; readonly forMs: number; readonly node: number }
  | { readonly t: 'clock-step'; readonly atMs: number; readonly node: number; readonly byMs: number }
  | {
      readonly t: 'disk-slow'
      readonly atMs: number
      readonly forMs: number
      readonly node: number
      readonly byUs: number
    }
  | { readonly t: 'disk-full'; readonly atMs: number; readonly forMs: number; readonly node: number }
  /** The process dies and one record of its log is gone (`hole`) or has a flipped bit; it starts again `forMs` later. */
  | {
      readonly t: 'disk-damage'
      readonly atMs: number
      readonly forMs: number
      readonly node: number
      readonly hole: boolean
    }
  /** Opening the store fails with this chance for a while. */
  | {
      readonly t: 'read-errors'
      readonly atMs: number
      readonly forMs: number
      readonly node: number
      readonly chance: number
    }
  /** The authority takes a certificate back and hands the list to node `to`, or to the next that runs. */
  | { readonly t: 'revoke'; readonly atMs: number; readonly node: number; readonly to: number }
  /** The certificate that a node starts with ends. */
  | { readonly t: 'expire'; readonly atMs: number; readonly node: number }
  | { readonly t: 'renew'; readonly atMs: number; readonly node: number }
  /** A node signs two reports with each number. */
  | { readonly t: 'equivocate'; readonly atMs: number; readonly forMs: number; readonly node: number }

/** All that goes wrong in one run: plain data, made before it starts, so it can be kept, replayed and shrunk. */
export interface Schedule {
  readonly kinds: readonly FaultKind[]
  /** How every link is until the heal. */
  readonly links: LinkConditions
  /** Per node; nodes beyond the list have right clocks. */
  readonly clocks: readonly { readonly offsetMs: number; readonly driftPpm: number }[]
  /** In the order of `atMs`. */
  readonly faults: readonly Fault[]
  /** From here on nothing goes wrong any more, and what is wrong is put right. */
  readonly healAtMs: number
}
