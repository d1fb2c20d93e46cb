import type { Digest } from '../crdt/anti-entropy.ts'
import type { EventData, EventDraft, HashedEvent } from '../eventlog/event.ts'
import type { RecoveredLog } from '../eventlog/recover.ts'
import type { AdmissionRefusal, Judgement } from '../policy/admission.ts'
import type { Credential } from '../policy/certificate.ts'
import type { Evidence, SignedHead } from '../policy/contradiction.ts'
import type { RevocationList } from '../policy/revocations.ts'
import type { CommandAck, SignedCommand } from '../policy/signed-command.ts'
import type { AgentId, CellId, StoreOp, WriteToken } from '../ports.ts'
import type { Position, SignedPosition, VehicleFix } from '../position/position.ts'
import type { VehicleOrder } from './vehicle.ts'

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

/** What members tell each other of trust, over the same stream. Each proves itself: who passes it on is no matter. */
export type TrustMessage =
  /** "Whose messages did you pass on to me?" */
  | { readonly t: 'want-credentials'; readonly agents: readonly AgentId[] }
  | { readonly t: 'credentials'; readonly credentials: readonly Credential[] }
  | { readonly t: 'revocations'; readonly list: RevocationList }
  /** How far the sender's log goes, signed, and the epoch of its revocation list. */
  | { readonly t: 'head'; readonly head: SignedHead; readonly epoch: number }
  /** `credential`: of the accused, so that the verdict ends with its certificate. */
  | { readonly t: 'evidence'; readonly evidence: Evidence; readonly credential: Credential | null }

/** Commands on their way to a vehicle, and the answers on their way back: signed, so anyone may hand them on. */
export type CommandMessage =
  /** `credential`: of the author; null = by the rules of a newer version. */
  | { readonly t: 'command'; readonly command: SignedCommand; readonly credential: Credential | null }
  | { readonly t: 'command-ack'; readonly ack: CommandAck }

export type PeerMessage = SyncMessage | TrustMessage | CommandMessage

/** What a peer shows in its hello, before anything else is taken from it. */
export interface Shown {
  readonly opened:
    | { readonly credential: Credential }
    | { readonly refusal: AdmissionRefusal; readonly reason: string }
  readonly boot: number
  /** Random, of one run of one process: what tells a copy from a second connection. */
  readonly instance: string
  /** Of the newest revocation list it has. */
  readonly epoch: number
}

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
  /** In a closed swarm, before `peer`: asks for an `admission`. */
  | { readonly t: 'hello'; readonly peer: AgentId; readonly shown: Shown }
  | { readonly t: 'sync'; readonly from: AgentId; readonly message: PeerMessage }
  | { readonly t: 'written'; readonly token: WriteToken }
  | { readonly t: 'write-failed'; readonly token: WriteToken; readonly reason: string }
  /** Something the shell saw that belongs in the log. */
  | { readonly t: 'note'; readonly draft: EventDraft }

/** `stale`: not newer than what is held (a replay, a duplicate). `expired`, `future`: by its stamp and our time. */
export type VerdictReason =
  | 'fresh'
  | 'stale'
  | 'expired'
  | 'future'
  | 'own'
  /** Its author's certificate is asked for. */
  | 'unknown-author'
  /** Its author may not say so: by its role, or no more. */
  | 'not-allowed'

/** Everything an agent can ask of its shell. With `after`, only once that write is durable. */
export type Effect =
  | { readonly t: 'publish'; readonly cell: CellId; readonly position: Position; readonly after?: WriteToken }
  | { readonly t: 'subscribe'; readonly cell: CellId }
  | { readonly t: 'unsubscribe'; readonly cell: CellId }
  | {
      readonly t: 'send'
      readonly to: AgentId
      readonly message: PeerMessage
      readonly after?: WriteToken
    }
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
  /** The answer to a `hello` input. */
  | { readonly t: 'admission'; readonly peer: AgentId; readonly judgement: Judgement }
  /** Tell this peer why, and let go of it. */
  | { readonly t: 'expel'; readonly peer: AgentId; readonly reason: string }
  /** The vehicle must do this now, whatever it is at. */
  | ({ readonly t: 'actuate'; readonly reason: string } & VehicleOrder)
  /** A vehicle answered a command of ours. */
  | { readonly t: 'answered'; readonly ack: CommandAck }
  /** This event is durable: tell whoever watches. */
  | { readonly t: 'event'; readonly event: HashedEvent }

/** What survives a restart: the end of the verified log, and the state it leads to. */
export type Recovered = Pick<RecoveredLog, 'log' | 'quarantined' | 'view' | 'gaps' | 'snapshots'>
