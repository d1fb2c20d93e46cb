/** What a shell tells an agent about itself and its rules. Every bound is in the name's unit. */
export interface AgentConfig {
  readonly agent: string
  /** Starts so far, this one included; durable before the agent is made. */
  readonly boot: number
  /** H3 resolution of topic cells: 8 = hexagons of about 0.5 km edge. */
  readonly cellResolution: number
  /** Places a station listens to besides what surrounds it (a relay or an observer that does not move). */
  readonly watch: readonly { readonly latE7: number; readonly lonE7: number; readonly radiusM: number }[]
  readonly position: {
    /** Longest and shortest time between two reports. */
    readonly floorMs: number
    readonly ceilingMs: number
    /** Publish when the extrapolation that every neighbour makes would be off by more. */
    readonly errorBoundMm: number
    /** How long a report may be taken for the present. */
    readonly validMs: number
    /** How long the last report of a silent agent is kept as an uncertainty volume. */
    readonly forgetMs: number
    /** Publish at the ceiling while anyone is, or within `lookaheadS` could come, nearer than `nearM`. */
    readonly nearM: number
    readonly lookaheadS: number
  }
  /** How long before a border is crossed the topics behind it are joined. */
  readonly joinAheadS: number
  /** How long a topic is kept after it is no longer wanted. */
  readonly leaveAfterS: number
  readonly syncIntervalMs: number
  /** How often the own position goes into the flight record; 0 = never. */
  readonly flightRecordMs: number
  /** A snapshot of the log's state is taken after so many events or so long, whichever comes first. */
  readonly snapshot: { readonly events: number; readonly intervalMs: number }
  /** ε: the clock error that everything is safe under. */
  readonly clockBoundMs: number
}

export const DEFAULT_AGENT_CONFIG: Omit<AgentConfig, 'agent' | 'boot'> = {
  cellResolution: 8,
  watch: [],
  position: {
    floorMs: 1_000,
    ceilingMs: 100,
    errorBoundMm: 250,
    validMs: 3_000,
    forgetMs: 600_000,
    nearM: 50,
    lookaheadS: 15,
  },
  joinAheadS: 10,
  leaveAfterS: 30,
  syncIntervalMs: 5_000,
  flightRecordMs: 1_000,
  snapshot: { events: 10_000, intervalMs: 300_000 },
  clockBoundMs: 1_000,
}
