/** A rule that must hold in every run, by its short name. */
export const INVARIANTS = {
  'report-was-made': 'no agent holds a report newer than its author made',
  'never-back': 'what an agent holds of an author never gets older',
  'expired-is-no-point':
    'a report older than its validity is believed as a volume only, while clocks are within their bound',
  'held-until-durable': 'no effect that names a write leaves before that write is durable',
  'chain-whole': "each author's durable events are numbered without a gap and name the hash before",
  'nothing-acknowledged-lost': 'whatever was told to be durable is there after every restart',
  'damage-detected': 'a record that the disk lost or altered is noticed at the next start',
  'queues-bounded':
    'held effects, backlog, disk queue, staged events and known authors stay under their bounds',
  'topics-bounded': 'no agent is subscribed to more topics than its rule can want',
  'own-report-opens': 'every report an agent makes is opened by everyone who knows its key',
  'no-crash': 'no input makes an agent throw',
  converged:
    'after the heal everyone knows everyone alive in its cells as a point and the dead as volumes, in time',
} as const

/** What must hold besides in a closed swarm. */
export const TRUST_INVARIANTS = {
  'revoked-unheard': 'who knows that a certificate was taken back believes no newer report of its holder',
  'revocation-spreads':
    'whoever is joined by connections to one that knows of a revocation knows within 10 s',
  'honest-never-convicted': 'nobody is turned away or accused for two statements who never made them',
  'epochs-rise': 'the revocation epoch of an agent only rises, and what is durable of it survives a restart',
  'refused-told-nothing': 'whoever is turned away is sent nothing but that',
  'expired-lands': 'a drone whose certificate ended is down when its grace is over and it had time to land',
} as const
export type InvariantName = keyof typeof INVARIANTS | keyof typeof TRUST_INVARIANTS

/** An invariant does not hold. Ends the run: what comes after it proves nothing. */
export class ViolationError extends Error {
  readonly code = 'invariant-violated'
  readonly invariant: InvariantName
  readonly node: number
  readonly atUs: number

  constructor(invariant: InvariantName, node: number, atUs: number, detail: string) {
    super(`${invariant}: ${detail} (node ${node} at ${(atUs / 1e6).toFixed(6)} s)`)
    this.name = 'ViolationError'
    this.invariant = invariant
    this.node = node
    this.atUs = atUs
  }
}
