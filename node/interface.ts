import type { EventDraft, HashedEvent } from '../src/eventlog/event.ts'
import type { Standing } from '../src/policy/admission.ts'
import type { Role } from '../src/policy/roles.ts'
import type { CommandDecision, CommandPoint, CommandVerb } from '../src/policy/signed-command.ts'
import type { AgentId, CellId } from '../src/ports.ts'
import type { PositionStatus, VehicleFix } from '../src/position/position.ts'

export const PEER_STATES = ['connected', 'dialing', 'known', 'failed', 'left', 'refused'] as const

/** One health check: readable alone, with what to do when it fails. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

export interface NodeStatus {
  readonly agent: AgentId
  readonly name: string
  readonly role: Role
  readonly swarm: string
  readonly version: string
  /** Starts of this node so far. */
  readonly boot: number
  readonly startedAt: string
  readonly uptimeS: number
  readonly listen: readonly string[]
  readonly api: string
  readonly dataDir: string
  readonly vehicle: {
    readonly kind: string
    readonly phase: string
    readonly fix: VehicleFix | null
    readonly fixAgeMs: number | null
  }
  readonly peers: { readonly connected: number; readonly known: number }
  readonly cells: { readonly own: CellId | null; readonly joined: readonly CellId[] }
  readonly log: {
    readonly seq: number
    readonly durableSeq: number
    readonly health: 'whole' | 'quarantined'
    readonly sizeBytes: number
  }
  readonly clock: {
    readonly trusted: boolean
    readonly offsetMs: number | null
    readonly boundMs: number
    readonly steps: number
  }
  readonly trust: {
    /** open = whoever knows the swarm's name may join. */
    readonly mode: 'open' | 'closed'
    /** This node's own; null in an open swarm. */
    readonly certificate: {
      readonly serial: number
      readonly name: string
      readonly roles: readonly Role[]
      readonly notAfter: string
      /** grace = it has ended, and the vehicle may still be heard, to land or return. */
      readonly standing: Standing | 'refused'
      /** Less than a third of its life is left. */
      readonly renewalDue: boolean
    } | null
    /** Of the newest revocation list known. */
    readonly epoch: number
    /** A certificate was issued after a list that this node has not got. */
    readonly behind: boolean
    /** Agents whose certificates are known. */
    readonly members: number
  }
  /** Worst age of a neighbour this node relies on; null = it relies on nobody. */
  readonly worldModelAgeMs: number | null
  readonly checks: readonly Check[]
}

export interface PeerView {
  readonly agent: AgentId
  readonly name: string | null
  readonly role: Role | null
  /** known = heard of, not dialed now; left = said goodbye; failed = went silent; refused = by us or by it. */
  readonly state: (typeof PEER_STATES)[number]
  /** Why it left, failed or was refused; else null. */
  readonly why: string | null
  readonly path: 'direct' | 'relayed' | null
  readonly rttMs: number | null
  readonly addresses: readonly string[]
  readonly version: string | null
  readonly clockOffsetMs: number | null
  /** In the gossip mesh of at least one topic. */
  readonly mesh: boolean
  readonly lastSeenMs: number | null
}

/** A neighbour as believed here and now: a point while its report is fresh, else a volume that grows. */
export interface NeighborView {
  readonly agent: AgentId
  readonly name: string | null
  readonly belief: 'point' | 'volume'
  readonly ageMs: number
  readonly latDeg: number
  readonly lngDeg: number
  readonly altitude: { readonly valueM: number; readonly reference: 'W84' }
  /** How far the true position may be from the one given here. */
  readonly uncertaintyM: { readonly horizontal: number; readonly vertical: number }
  readonly velocityMps: { readonly north: number; readonly east: number; readonly up: number }
  readonly headingDeg: number | null
  readonly batteryPct: number | null
  readonly status: PositionStatus
  readonly cell: CellId
  readonly boot: number
  readonly seq: number
  readonly distanceM: number | null
}

/** What a member of a closed swarm knows of its trust. */
export interface TrustView {
  readonly swarm: string
  /** First 16 hex digits of the SHA-256 of the root key. */
  readonly root: string
  readonly epoch: number
  readonly revoked: readonly {
    readonly agent: AgentId
    readonly serial: number
    readonly reason: string
    /** What it signed up to here stays valid. */
    readonly validTo: { readonly boot: number; readonly seq: number } | null
  }[]
  /** How far the logs of others go, as they signed it. `head`: the signed record, hex. */
  readonly witnessed: readonly {
    readonly agent: AgentId
    readonly boot: number
    readonly seq: number
    readonly hash: string
    readonly head: string
  }[]
}

export interface CommandRequest {
  /** Its agent id, or the name in its certificate. */
  readonly target: string
  readonly verb: CommandVerb
  /** For `goto`, and for nothing else. */
  readonly point?: CommandPoint | undefined
  /** How long the command is good for, 1 to 30,000 ms. */
  readonly ttlMs: number
  /** 32 hex digits. The same again asks for the same again and never does it twice. @default random */
  readonly nonce?: string | undefined
}

/** What a vehicle made of a command. */
export interface CommandAnswer {
  readonly target: AgentId
  readonly nonce: string
  readonly decision: CommandDecision
  /** The rule that decided. */
  readonly rule: string
  readonly reason: string
  /** By the vehicle's clock. */
  readonly at: string
}

/** A node in this process, as the HTTP API, the metrics and library users see it. */
export interface SkeinNode {
  readonly agent: AgentId
  status(): NodeStatus
  peers(): readonly PeerView[]
  neighbors(): readonly NeighborView[]
  /** Takes a fix from a program that is the vehicle itself. Throws FixRefusedError (code says why). */
  postFix(fix: VehicleFix): void
  /** Adds an event to the log; resolves once it is synced to disk. */
  note(draft: EventDraft): Promise<HashedEvent>
  /** Durable events from `fromSeq` on, oldest first. */
  readLog(
    fromSeq: number,
    options?: { readonly limit?: number; readonly signal?: AbortSignal },
  ): AsyncIterable<HashedEvent>
  /**
   * The signed log from `fromSeq` on as NDJSON, each line with its end: durable events, and after each batch its
   * signature. Ends with a signature; `verifyLog` reads it.
   */
  exportLog(fromSeq: number, options?: { readonly signal?: AbortSignal }): AsyncIterable<string>
  /** Events as they become durable. Returns how to stop. A slow listener is its own problem: it must not block. */
  onEvent(listener: (event: HashedEvent) => void): () => void
  /** Bytes of one map frame of this node's belief now (protocols/map). */
  mapFrame(): Uint8Array
  /** The same from another node's point of view, asked of it over the peer-to-peer network. */
  mapFramesOf(agent: AgentId, hz: number, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** This node's place in its swarm, and whose logs it has witnessed. Null in an open swarm. */
  trust(): TrustView | null
  /**
   * Takes a revocation list of the authority, as its bytes, and passes it on; resolves once it is on disk. Says
   * whether it was news. Throws TrustRefusedError.
   */
  revoke(list: Uint8Array): Promise<{ readonly taken: boolean; readonly epoch: number }>
  /**
   * Commands a vehicle, as this node and with its rights, and waits up to 5 s for the vehicle's signed answer.
   * Throws CommandRefusedError (it was certainly not sent) or CommandUnknownError (nobody knows).
   */
  command(request: CommandRequest, signal?: AbortSignal): Promise<CommandAnswer>
  /** Prometheus text. */
  metrics(): Promise<string>
  stop(): Promise<void>
}
