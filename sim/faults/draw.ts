import type { Random } from '../../src/ports.ts'
import type { Shape } from '../net/cuts.ts'
import { GOOD_LINK, type LinkConditions } from '../net/link.ts'
import { ALL_FAULT_KINDS, type Fault, type FaultKind, type Schedule } from './schedule.ts'

/** What a schedule is drawn for. */
export interface DrawOptions {
  readonly agents: number
  /** Faults happen from 5 s on until here. */
  readonly healAtMs: number
  /** Kinds that may be drawn. */
  readonly allowed: readonly FaultKind[]
  /** Kinds that are on in any case. */
  readonly always?: readonly FaultKind[]
}

const SHAPES: readonly Shape[] = ['isolate', 'halves', 'uniform', 'ring', 'bridge', 'one-way']
const FIRST_MS = 5_000

/**
 * Swarm testing (Groce et al., 2012): each run first draws which kinds of fault are on at all and how strong, so that
 * kinds that hide each other's bugs are also met alone. Ranges follow TigerBeetle's VOPR, scaled to a radio.
 */
export function drawSchedule(random: Random, options: DrawOptions): Schedule {
  const kindLot = random.fork('kinds')
  const always = new Set(options.always ?? [])
  const kinds = ALL_FAULT_KINDS.filter(kind => {
    const drawn = kindLot.float() < 0.5
    return always.has(kind) || (drawn && options.allowed.includes(kind))
  })
  const faults = kinds.flatMap(kind => drawFaults(kind, random.fork(`faults/${kind}`), options))
  faults.sort((a, b) => a.atMs - b.atMs)
  return {
    kinds,
    links: drawLinks(new Set(kinds), random.fork('links')),
    clocks: kinds.includes('clocks') ? drawClocks(random.fork('clocks'), options.agents) : [],
    faults,
    healAtMs: options.healAtMs,
  }
}

function drawLinks(kinds: ReadonlySet<FaultKind>, random: Random): LinkConditions {
  const [loss, duplicate, reorder, burstLoss, burstShare, latency] = Array.from({ length: 6 }, () =>
    random.float(),
  ) as [number, number, number, number, number, number]
  const slow = kinds.has('latency')
  return {
    minUs: slow ? Math.round(10_000 + latency * 60_000) : GOOD_LINK.minUs,
    meanUs: slow ? Math.round(20_000 + latency * 100_000) : GOOD_LINK.meanUs,
    jitterUs: GOOD_LINK.jitterUs,
    loss: kinds.has('loss') ? 0.01 + 0.29 * loss : 0,
    duplicate: kinds.has('duplicates') ? 0.5 * duplicate : 0,
    reorder: kinds.has('reordering') ? 0.3 * reorder : 0,
    reorderUs: 500_000,
    burst: kinds.has('bursts')
      ? {
          goodUs: 5_000_000 + Math.round(burstShare * 15_000_000),
          badUs: 1_500_000,
          loss: 0.5 + burstLoss / 2,
        }
      : null,
  }
}

/** Within the bound that everything is safe under, half of it at most. */
function drawClocks(random: Random, agents: number): Schedule['clocks'] {
  return Array.from({ length: agents }, () => ({
    offsetMs: random.int(601) - 300,
    driftPpm: random.int(401) - 200,
  }))
}

function drawFaults(kind: FaultKind, random: Random, { agents, healAtMs }: DrawOptions): readonly Fault[] {
  const spanMs = Math.max(1, healAtMs - FIRST_MS)
  const node = () => random.int(agents)
  const when = () => FIRST_MS + random.int(spanMs)
  const some = (perAgentMinute: number, one: () => Fault): Fault[] => {
    const mean = Math.max(1, (perAgentMinute * agents * spanMs) / 60_000)
    return Array.from({ length: Math.ceil(mean * (0.5 + random.float())) }, one)
  }
  switch (kind) {
    case 'partitions':
      return Array.from({ length: 1 + random.int(3) }, () => partition(random, agents, when()))
    case 'cuts':
      return some(0.1, () => ({
        t: 'cut',
        atMs: when(),
        forMs: 1_000 + random.int(60_000),
        from: node(),
        to: node(),
      }))
    case 'clogs':
      return some(0.2, () => ({
        t: 'clog',
        atMs: when(),
        forMs: 100 + random.int(5_000),
        from: node(),
        to: node(),
      }))
    case 'crashes':
      return some(0.02, () => ({
        t: 'crash',
        atMs: when(),
        forMs: random.int(30_000),
        node: node(),
        power: random.float() < 0.7,
      }))
    case 'deaths':
      return Array.from({ length: 1 + random.int(Math.max(1, agents >> 5)) }, () => ({
        t: 'death',
        atMs: when(),
        node: node(),
      }))
    case 'pauses':
      return some(0.02, () => ({ t: 'pause', atMs: when(), forMs: 100 + random.int(29_900), node: node() }))
    case 'clock-steps':
      return some(0.005, () => ({ t: 'clock-step', atMs: when(), node: node(), byMs: step(random) }))
    case 'disk-slow':
      return some(0.02, () => ({
        t: 'disk-slow',
        atMs: when(),
        forMs: 1_000 + random.int(30_000),
        node: node(),
        byUs: random.int(5_000_000),
      }))
    case 'disk-full':
      return some(0.01, () => ({
        t: 'disk-full',
        atMs: when(),
        forMs: 1_000 + random.int(60_000),
        node: node(),
      }))
    case 'disk-holes':
      return some(0.005, () => ({
        t: 'disk-damage',
        atMs: when(),
        forMs: random.int(5_000),
        node: node(),
        hole: random.float() < 0.5,
      }))
    case 'read-errors':
      return some(0.02, () => ({
        t: 'read-errors',
        atMs: when(),
        forMs: 1_000 + random.int(60_000),
        node: node(),
        chance: 0.1 + random.float() * 0.8,
      }))
    case 'revocations':
      return Array.from({ length: 1 + random.int(3) }, () =>
        revocation(random, agents, when(), healAtMs),
      ).flat()
    case 'expiries':
      return Array.from({ length: 1 + random.int(Math.max(1, agents >> 4)) }, () => ({
        t: 'expire',
        atMs: when(),
        node: node(),
      }))
    case 'equivocations':
      return Array.from({ length: 1 + random.int(2) }, () => ({
        t: 'equivocate',
        atMs: when(),
        forMs: 1_000 + random.int(30_000),
        node: node(),
      }))
    case 'renewals':
      return some(0.02, () => ({ t: 'renew', atMs: when(), node: node() }))
    default:
      // Kinds that are conditions of the links and clocks, not events.
      return []
  }
}

/** Half of those who are put out get a new certificate later, if there is time. */
function revocation(random: Random, agents: number, atMs: number, healAtMs: number): readonly Fault[] {
  const [node, to, returns, afterMs] = [
    random.int(agents),
    random.int(agents),
    random.float() < 0.5,
    random.int(90_000),
  ]
  const revoked: Fault = { t: 'revoke', atMs, node, to }
  const renewMs = atMs + 15_000 + afterMs
  return returns && renewMs < healAtMs ? [revoked, { t: 'renew', atMs: renewMs, node }] : [revoked]
}

/** Half of the steps are of some seconds, half of up to an hour. */
function step(random: Random): number {
  const span = random.float() < 0.5 ? 10_000 : 3_600_000
  return random.int(2 * span) - span
}

function partition(random: Random, agents: number, atMs: number): Fault {
  const shape = SHAPES[random.int(SHAPES.length)] as Shape
  return {
    t: 'partition',
    atMs,
    forMs: 5_000 + random.int(90_000),
    shape,
    side: sides(shape, random, agents),
  }
}

/** The side of each node. Sides are drawn by lot, not by place: an outage of routing, not of distance. */
function sides(shape: Shape, random: Random, agents: number): number[] {
  if (shape === 'isolate') {
    const alone = random.int(agents)
    return Array.from({ length: agents }, (_, i) => (i === alone ? 1 : 0))
  }
  const parts = shape === 'ring' ? 5 : shape === 'uniform' ? 3 + random.int(3) : 2
  const side = Array.from({ length: agents }, () => random.int(parts))
  if (shape === 'bridge') for (let i = 0; i < Math.max(1, agents >> 4); i++) side[random.int(agents)] = 2
  return side
}
