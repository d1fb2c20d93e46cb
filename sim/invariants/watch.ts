import type { Agent } from '../../src/agent/agent.ts'
import type { Effect, Recovered } from '../../src/agent/interface.ts'
import { equalBytes as same } from '../../src/bytes.ts'
import { keyOf } from '../../src/eventlog/keys.ts'
import { openRecord } from '../../src/eventlog/record.ts'
import type { AgentId, CellId } from '../../src/ports.ts'
import { WORLD_MAX_AUTHORS } from '../../src/position/world.ts'
import { type Hlc, hlcMs } from '../../src/time/hlc.ts'
import { DISK_MAX_PENDING } from '../disk/disk.ts'
import { EPOCH_MS } from '../process/clock.ts'
import { BACKLOG_MAX, HELD_MAX, type SimNode } from '../process/node.ts'
import { ReportsMade } from './reports-made.ts'
import { type InvariantName, ViolationError } from './violation.ts'

/** Own cell, where it will be, and what was wanted within the last half minute: never more at these speeds. */
const TOPICS_MAX = 32

/** Ages taken by a wrong clock are gone this long after it was put right. */
const CLOCK_MENDED_US = 20_000_000

/** What was told to be durable of one author's log, last. */
interface Acknowledged {
  seq: number
  hash: Uint8Array
}

/** What the slow look checks of every report held. */
const SLOW_RULES = ['report-was-made', 'expired-is-no-point', 'never-back'] as const

const NO_HASH = new Uint8Array(32)

/**
 * The rules that must hold at every moment. Cheap ones are checked at every event; the whole belief of an agent every
 * five seconds of virtual time. `checks` counts what was looked at, by rule.
 */
export class Watch {
  readonly made = new ReportsMade()
  readonly #checks = new Map<InvariantName, number>()
  /** Checks of `never-back` at deliveries: too many to count by name. */
  #heard = 0
  readonly #acknowledged: Acknowledged[]
  readonly #damaged: (number | null)[]
  readonly #everDamaged = new Set<number>()
  /** Per node: stamp held of each author at the last look. */
  readonly #seen: Map<AgentId, number>[]
  /** Per node: how many reports it had forgotten at the last look. */
  readonly #forgotten: number[]
  readonly #nowUs: () => number

  constructor(count: number, nowUs: () => number) {
    this.#nowUs = nowUs
    this.#acknowledged = Array.from({ length: count }, () => ({ seq: 0, hash: NO_HASH }))
    this.#damaged = Array.from({ length: count }, () => null)
    this.#seen = Array.from({ length: count }, () => new Map())
    this.#forgotten = Array.from({ length: count }, () => 0)
  }

  /** How often each rule was checked. */
  get checks(): Readonly<Partial<Record<InvariantName, number>>> {
    this.count('never-back', this.#heard)
    this.#heard = 0
    return Object.fromEntries(this.#checks)
  }

  /** An effect that names write `after` leaves now. */
  released(node: SimNode, after: number): void {
    this.expect('held-until-durable', node, node.disk.isDurable(after), () => `write ${after} is not durable`)
  }

  /** The agent says an event is durable. */
  event(node: SimNode, { event }: Effect & { t: 'event' }): void {
    const last = this.#of(node)
    const { seq, prevHash } = event.event
    this.expect('chain-whole', node, seq === last.seq + 1, () => `event ${seq} follows ${last.seq}`)
    this.expect(
      'chain-whole',
      node,
      same(prevHash, last.hash),
      () => `event ${seq} names another event before it`,
    )
    // What is called durable must be where a crash at this very moment would leave it.
    const found = hashOnDisk(node, seq)
    this.expect(
      'held-until-durable',
      node,
      found !== null && same(found, event.hash),
      () => `event ${seq} is not on disk`,
    )
    last.seq = seq
    last.hash = event.hash
  }

  /** The last event of a node that was told to be durable. */
  acknowledgedSeq(node: SimNode): number {
    return this.#of(node).seq
  }

  /** The disk of a dead node lost or altered event `seq`. */
  damaged(node: SimNode, seq: number): void {
    this.#damaged[node.index] = seq
    this.#everDamaged.add(node.index)
  }

  everDamaged(node: SimNode): boolean {
    return this.#everDamaged.has(node.index)
  }

  /** A node starts with what it found on disk. */
  recovered(node: SimNode, { log, quarantined }: Pick<Recovered, 'log' | 'quarantined'>): void {
    const last = this.#of(node)
    const damaged = this.#damaged[node.index] as number | null
    if (damaged !== null) {
      this.expect(
        'damage-detected',
        node,
        quarantined,
        () => `event ${damaged} is damaged and nobody noticed`,
      )
    } else {
      // A gap of earlier damage stays open; on a disk that was always sound there is none.
      const sound = !quarantined || this.#everDamaged.has(node.index)
      this.expect('nothing-acknowledged-lost', node, sound, () => 'the log has a gap on a sound disk')
      const whole = log.seq >= last.seq
      this.expect(
        'nothing-acknowledged-lost',
        node,
        whole,
        () => `log ends at ${log.seq}, told durable: ${last.seq}`,
      )
      const found = log.seq === last.seq ? log.hash : hashOnDisk(node, last.seq)
      const kept = last.seq === 0 || (found !== null && same(found, last.hash))
      this.expect('nothing-acknowledged-lost', node, kept, () => `event ${last.seq} is another one now`)
    }
    this.#damaged[node.index] = null
    this.#seen[node.index]?.clear()
    last.seq = log.seq
    last.hash = log.hash
  }

  /** An agent made a report, which others `opened`. */
  published(node: SimNode, opened: boolean, detail: string): void {
    this.expect('own-report-opens', node, opened, () => detail)
  }

  /** A report was heard; of its author `before` was held until then. */
  heard(node: SimNode, author: AgentId, before: Hlc): void {
    const held = node.agent?.sharing.world.get(author)?.signed.position.hlc ?? 0
    this.#heard++
    if (held < before) this.fail('never-back', node, `stamp ${held} of ${author} replaced ${before}`)
  }

  topics(node: SimNode, cell: CellId): void {
    this.expect(
      'topics-bounded',
      node,
      node.topics.size <= TOPICS_MAX,
      () => `joins ${cell}, topic ${node.topics.size}`,
    )
  }

  /** The slow look: everything one agent believes, and its queues. Returns how many others it knows as points. */
  look(node: SimNode, agent: Agent): number {
    const nowUs = this.#nowUs()
    const { config } = agent
    const boundUs = (config.position.validMs + 2 * config.clockBoundMs) * 1000
    const seen = this.#seen[node.index] as Map<AgentId, number>
    // Who forgot the long silent may learn an older report of them again, if its clock was wrong when it forgot.
    const { positionsForgotten } = agent.counters
    if (positionsForgotten !== this.#forgotten[node.index]) seen.clear()
    this.#forgotten[node.index] = positionsForgotten
    let points = 0
    const neighbors = agent.neighbors(node.clock.read(nowUs))
    for (const { heard, belief } of neighbors) {
      const { position } = heard.signed
      const ageUs = this.made.ageUs(position, nowUs)
      if (ageUs === null) this.fail('report-was-made', node, `${name(position)} was never made`)
      const fresh =
        belief.kind === 'volume' ||
        ageUs <= boundUs ||
        this.#clockOutOfBound(node, position.hlc, nowUs - ageUs, config.clockBoundMs)
      if (!fresh) {
        this.fail('expired-is-no-point', node, `${name(position)} is ${ageUs / 1e6} s old and a point`)
      }
      if (position.hlc < (seen.get(position.agent) ?? 0)) {
        this.fail('never-back', node, `${name(position)} replaced a newer report`)
      }
      seen.set(position.agent, position.hlc)
      if (belief.kind === 'point') points++
    }
    for (const rule of SLOW_RULES) this.count(rule, neighbors.length)
    this.#queues(node, agent)
    return points
  }

  /** Notes that an invariant was checked. */
  count(invariant: InvariantName, times = 1): void {
    if (times > 0) this.#checks.set(invariant, (this.#checks.get(invariant) ?? 0) + times)
  }

  /** Nothing is promised of ages while the reader's clock, or the author's when it stamped, is off by more than ε. */
  #clockOutOfBound(reader: SimNode, stamp: Hlc, madeUs: number, clockBoundMs: number): boolean {
    const authorOffMs = hlcMs(stamp) - (EPOCH_MS + madeUs / 1000)
    return Math.abs(authorOffMs) > clockBoundMs || this.clockOff(reader, clockBoundMs)
  }

  /** Whether a node's clock is off by more than the bound, or was until a moment ago. */
  clockOff({ clock: { offsetMs, rightSinceUs } }: SimNode, clockBoundMs: number): boolean {
    const rightForUs = this.#nowUs() - rightSinceUs
    return Math.abs(offsetMs) > clockBoundMs || (rightSinceUs > 0 && rightForUs < CLOCK_MENDED_US)
  }

  fail(invariant: InvariantName, node: SimNode, detail: string): never {
    throw new ViolationError(invariant, node.index, this.#nowUs(), detail)
  }

  /** Counts a check, and throws if it failed. The text is made only then: this runs millions of times. */
  expect(invariant: InvariantName, node: SimNode, holds: boolean, detail: () => string): void {
    this.count(invariant)
    if (!holds) this.fail(invariant, node, detail())
  }

  #queues(node: SimNode, agent: Agent): void {
    const { staged } = agent.journal.log.stats
    const bounded =
      node.held <= HELD_MAX &&
      node.backlog <= BACKLOG_MAX &&
      node.disk.pending <= DISK_MAX_PENDING &&
      staged <= 65_536 &&
      agent.sharing.world.size <= WORLD_MAX_AUTHORS
    this.expect('queues-bounded', node, bounded, () => {
      return `held ${node.held}, backlog ${node.backlog}, disk ${node.disk.pending}, staged ${staged}, authors ${agent.sharing.world.size}`
    })
  }

  #of(node: SimNode): Acknowledged {
    return this.#acknowledged[node.index] as Acknowledged
  }
}

const name = ({ agent, boot, seq }: { agent: AgentId; boot: number; seq: number }): string =>
  `report ${boot}.${seq} of ${agent.slice(-6)}`

/** The hash of event `seq` as it lies on the durable part of the disk; null = it is not there. */
function hashOnDisk(node: SimNode, seq: number): Uint8Array | null {
  const record = node.disk.get(keyOf('event', seq))
  return record === undefined ? null : node.signer.hash(openRecord(record))
}
