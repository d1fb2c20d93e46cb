import type { Digest } from '../crdt/anti-entropy.ts'
import type { EventData, EventDraft, HashedEvent } from '../eventlog/event.ts'
import type { RecoveredLog } from '../eventlog/recover.ts'
import type { AgentId, CellId, StoreOp, WriteToken } from '../ports.ts'
import type { Position, SignedPosition, VehicleFix } from '../position/position.ts'

/** Anti-entropy between two peers, over a direct stream. */
export type SyncMessage =
  /** "This is what I have in these cells; send me what I lack, and say what you lack." */
  | {
      readonly t: 'digest'
      readonly cells: readonly CellId[]
      readonly digest: Digest
      readonly reply: boolean
    }
  /** Signed reports the other side lacked, newest first, cut at the size bound. */
  | { readonly t: 'delta'; readonly positions: readonly SignedPosition[] }

/** Everything that can happen to an agent. Frames are decoded and signatures checked before they come here. */
export type Input =
  /** First of all: joins what is watched for good and writes `node.started`. */
  | { readonly t: 'start'; readonly data: EventData }
  /** Last of all: writes `node.stopped`. The shell waits until nothing is in flight. */
  | { readonly t: 'stop'; readonly data: EventData }
  /** The wake-up that the last `wake` effect asked for. Late is fine; early is ignored. */
  | { readonly t: 'tick' }
  | { readonly t: 'fix'; readonly fix: VehicleFix }
  | { readonly t: 'position'; readonly from: AgentId; readonly signed: SignedPosition }
  /** A peer is up, or gone; `why`: its name, or how it went. */
  | { readonly t: 'peer'; readonly peer: AgentId; readonly up: boolean; readonly why: string }
  | { readonly t: 'sync'; readonly from: AgentId; readonly message: SyncMessage }
  | { readonly t: 'written'; readonly token: WriteToken }
  | { readonly t: 'write-failed'; readonly token: WriteToken; readonly reason: string }
  /** Something the shell saw that belongs in the log. */
  | { readonly t: 'note'; readonly draft: EventDraft }

/** `stale`: not newer than what is held (a replay, a duplicate). `expired`, `future`: by its stamp and our time. */
export type VerdictReason = 'fresh' | 'stale' | 'expired' | 'future' | 'own'

/** Everything an agent can ask of its shell. With `after`, only once that write is durable. */
export type Effect =
  | { readonly t: 'publish'; readonly cell: CellId; readonly position: Position; readonly after?: WriteToken }
  | { readonly t: 'subscribe'; readonly cell: CellId }
  | { readonly t: 'unsubscribe'; readonly cell: CellId }
  | { readonly t: 'send'; readonly to: AgentId; readonly message: SyncMessage }
  | {
      readonly t: 'write'
      readonly token: WriteToken
      readonly ops: readonly StoreOp[]
      readonly sync: boolean
    }
  /** Step me with a `tick` at this monotonic time; replaces the wake-up asked for before. */
  | { readonly t: 'wake'; readonly atUs: number }
  /** The answer to a `position` input: whether the shell forwards the report to others, and if not, why. */
  | { readonly t: 'verdict'; readonly verdict: 'accept' | 'ignore'; readonly reason: VerdictReason }
  /** This event is durable: tell whoever watches. */
  | { readonly t: 'event'; readonly event: HashedEvent }

/** What survives a restart: the end of the verified log, and the state it leads to. */
export type Recovered = Pick<RecoveredLog, 'log' | 'quarantined' | 'view' | 'gaps' | 'snapshots'>
