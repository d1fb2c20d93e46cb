import { gridDistance } from 'h3-js'
import type { AgentId, CellId } from '../../src/ports.ts'

/** A peer or address worth dialing, and how it went so far. */
export interface Acquaintance {
  /** Peer id, or the address itself while it is not known who answers there. */
  readonly key: string
  readonly agent: AgentId | null
  /** Addresses it told itself, or answered at. */
  readonly told: readonly string[]
  /** All that are known, those it told first. */
  readonly addresses: readonly string[]
  readonly cell: CellId | ''
  /** Named in the configuration: dialed first, kept whatever the target is. */
  readonly bootstrap: boolean
  readonly failures: number
  /** Not before this (monotonic µs). */
  readonly nextDialUs: number
}

export interface DialRule {
  /** Peers near enough to matter to work for. */
  readonly target: number
  /** Connections at most, of all kinds. */
  readonly max: number
  /** Dials at once. */
  readonly parallel: number
}

export interface DialSituation {
  /** Who is connected, and the cell it flies in. */
  readonly connected: ReadonlyMap<string, CellId | ''>
  /** Those of them that we dialed. */
  readonly chosen: ReadonlySet<string>
  readonly dialing: ReadonlySet<string>
  readonly ownCell: CellId | ''
  readonly nowUs: number
}

const BACKOFF_MIN_US = 1_000_000
const BACKOFF_MAX_US = 30_000_000
/** Who is full is well, and each time it is asked costs it a handshake. */
export const FULL_BACKOFF_MAX_US = 300_000_000
/** Agents so few cells away share topics, or soon will; whose place is not known might. */
const NEAR_CELLS = 2
const UNKNOWN_DISTANCE = NEAR_CELLS

/**
 * Connections that only we make: those who dial us must not be able to take all places, and then be all that this
 * node hears of the swarm.
 */
export const placesKept = ({ target, max }: Pick<DialRule, 'target' | 'max'>): number =>
  Math.min(target, Math.floor(max / 4))

/**
 * Whom to dial now: bootstrap peers first, then those who fly nearest. Peers far away hold the swarm together, but
 * share no topic: they are worked for only while there are few connections at all, so that a drone that flies
 * into a crowd still meets it. There is no last try: a peer that fails is only dialed less often.
 *
 * Those who dialed us meet half of the target at most: whom a node hears is not for others alone to choose.
 */
export function whomToDial(
  book: Iterable<Acquaintance>,
  situation: DialSituation,
  rule: DialRule,
): readonly Acquaintance[] {
  const { connected, chosen, dialing, ownCell, nowUs } = situation
  const due = [...book].filter(
    ({ key, nextDialUs }) => !connected.has(key) && !dialing.has(key) && nextDialUs <= nowUs,
  )
  const isNear = (cell: CellId | ''): boolean => cellDistance(ownCell, cell) <= NEAR_CELLS
  const counted = (peers: readonly string[]): number => {
    const ours = peers.filter(key => chosen.has(key)).length
    return ours + Math.min(peers.length - ours, Math.floor(rule.target / 2))
  }
  const nearConnected = counted([...connected].flatMap(([key, cell]) => (isNear(cell) ? [key] : [])))
  const room = rule.max - connected.size - dialing.size
  const others = due.filter(({ bootstrap }) => !bootstrap)
  const near = rankedBy(
    others.filter(({ cell }) => isNear(cell)),
    ownCell,
  )
  const far = rankedBy(
    others.filter(({ cell }) => !isNear(cell)),
    ownCell,
  )
  const plan = [
    ...due.filter(({ bootstrap }) => bootstrap),
    ...near.slice(0, Math.max(0, rule.target - nearConnected - dialing.size)),
    ...far.slice(0, Math.max(0, rule.target - counted([...connected.keys()]) - dialing.size)),
  ]
  return plan.slice(0, Math.max(0, Math.min(room, rule.parallel - dialing.size)))
}

/** Nearest first; each failure counts as one cell. */
function rankedBy(peers: readonly Acquaintance[], ownCell: CellId | ''): readonly Acquaintance[] {
  return peers
    .map(known => ({ known, rank: cellDistance(ownCell, known.cell) + known.failures }))
    .sort((a, b) => a.rank - b.rank || (a.known.key < b.known.key ? -1 : 1))
    .map(({ known }) => known)
}

/** How long to leave a peer alone after its n-th failure in a row: doubling to 30 s, with jitter in [0.5, 1). */
export function backoffUs(failures: number, jitter: number, maxUs = BACKOFF_MAX_US): number {
  const fullUs = Math.min(maxUs, BACKOFF_MIN_US * 2 ** Math.min(failures - 1, 10))
  return fullUs * (0.5 + jitter / 2)
}

/** Steps between two cells; 100 = that or more. */
export function cellDistance(a: CellId | '', b: CellId | ''): number {
  if (a === '' || b === '') return UNKNOWN_DISTANCE
  try {
    return Math.min(100, gridDistance(a, b))
  } catch {
    return 100
  }
}
