import { gridDistance } from 'h3-js'
import type { AgentId, CellId } from '../../src/ports.ts'

/** A peer or address worth dialing, and how it went so far. */
export interface Acquaintance {
  /** Peer id, or the address itself while it is not known who answers there. */
  readonly key: string
  readonly agent: AgentId | null
  readonly addresses: readonly string[]
  readonly cell: CellId | ''
  /** Named in the configuration: dialed first, kept whatever the target is. */
  readonly bootstrap: boolean
  readonly failures: number
  /** Not before this (monotonic µs). */
  readonly nextDialUs: number
}

export interface DialRule {
  /** Peers to work for. */
  readonly target: number
  /** Dials at once. */
  readonly parallel: number
}

const BACKOFF_MIN_US = 1_000_000
const BACKOFF_MAX_US = 30_000_000

/**
 * Whom to dial now: bootstrap peers first, then those who fly nearest, until the target is met. There is no
 * last try: a peer that fails is only dialed less often.
 */
export function whomToDial(
  book: Iterable<Acquaintance>,
  connected: ReadonlySet<string>,
  dialing: ReadonlySet<string>,
  ownCell: CellId | '',
  nowUs: number,
  rule: DialRule,
): readonly Acquaintance[] {
  const due = [...book].filter(
    known => !connected.has(known.key) && !dialing.has(known.key) && known.nextDialUs <= nowUs,
  )
  const wanted = Math.max(0, rule.target - connected.size - dialing.size)
  const bootstraps = due.filter(known => known.bootstrap)
  const others = due
    .filter(known => !known.bootstrap)
    .map(known => ({ known, distance: cellDistance(ownCell, known.cell) + known.failures }))
    .sort((a, b) => a.distance - b.distance || (a.known.key < b.known.key ? -1 : 1))
    .map(({ known }) => known)
  const free = Math.max(0, rule.parallel - dialing.size)
  return [...bootstraps, ...others.slice(0, Math.max(0, wanted - bootstraps.length))].slice(0, free)
}

/** How long to leave a peer alone after its n-th failure in a row: doubling to 30 s, with jitter in [0.5, 1). */
export function backoffUs(failures: number, jitter: number): number {
  const fullUs = Math.min(BACKOFF_MAX_US, BACKOFF_MIN_US * 2 ** Math.min(failures - 1, 10))
  return fullUs * (0.5 + jitter / 2)
}

/** Cells between two cells; far = 100, and half of that where one is not known. */
export function cellDistance(a: CellId | '', b: CellId | ''): number {
  if (a === '' || b === '') return 50
  try {
    return Math.min(100, gridDistance(a, b))
  } catch {
    return 100
  }
}
