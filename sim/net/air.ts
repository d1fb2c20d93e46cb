import type { CellId } from '../../src/ports.ts'
import { EVENT } from '../kernel/events.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Lives, Packet, SimNode } from '../process/node.ts'
import type { Mesh } from '../trust/mesh.ts'
import type { Connections } from './connections.ts'
import type { Cuts } from './cuts.ts'
import type { Links } from './link.ts'
import type { Radio } from './radio.ts'
import type { Topics } from './topics.ts'

/** What the network did, in packets. */
export interface AirCounters {
  published: number
  /** Copies that reached a running agent. */
  delivered: number
  lost: number
  duplicated: number
  /** Stopped by a partition or a one-way cut. */
  cut: number
  outOfRange: number
  clogged: number
  /** Reports with a short key id that reached a node before the full key did. */
  unknownKey: number
  /** Direct messages, and those that met a broken connection. */
  sent: number
  broken: number
}

/** A lost segment of a stream is sent again after this: what loss costs a direct send. */
const RETRANSMIT_US = 200_000
const RETRANSMITS_MAX = 8

/** Carries packets: published ones to each subscriber on its own, direct ones in order over a connection. */
export class Air {
  readonly counters: AirCounters = {
    published: 0,
    delivered: 0,
    lost: 0,
    duplicated: 0,
    cut: 0,
    outOfRange: 0,
    clogged: 0,
    unknownKey: 0,
    sent: 0,
    broken: 0,
  }
  readonly #kernel: Kernel<Packet>
  /** The life each node lives: looking into the nodes themselves would miss the cache once a copy. */
  readonly #lives: Lives
  readonly topics: Topics
  readonly links: Links
  readonly cuts: Cuts
  readonly radio: Radio
  /** In a closed swarm: who passes reports on to whom. Null = everybody to everybody. */
  mesh: Mesh | null = null
  readonly #packets: Uint32Array

  constructor(
    kernel: Kernel<Packet>,
    lives: Lives,
    parts: { topics: Topics; links: Links; cuts: Cuts; radio: Radio },
  ) {
    this.#kernel = kernel
    this.#lives = lives
    this.topics = parts.topics
    this.links = parts.links
    this.cuts = parts.cuts
    this.radio = parts.radio
    this.#packets = new Uint32Array(lives.length)
  }

  /** Whether packets get from a to b at all now. */
  reaches(from: number, to: number): boolean {
    return (this.cuts.clear || !this.cuts.blocked(from, to)) && this.radio.hops(from, to) > 0
  }

  /** Whether what a publishes reaches b, but for losses. */
  joins(from: number, to: number): boolean {
    return this.reaches(from, to) && (this.mesh === null || this.mesh.joins(from, to))
  }

  /** Whether what is sent from a to b now is held back by nothing but its way. */
  flows(from: number, to: number): boolean {
    const { nowUs } = this.#kernel
    return this.reaches(from, to) && this.cuts.throughClog(from, to, nowUs) === nowUs
  }

  /** Publishes to everyone who is subscribed now, save the sender. */
  publish(from: number, cell: CellId, packet: Packet): void {
    const { counters, cuts, radio, mesh } = this
    const nowUs = this.#kernel.nowUs
    const number = (this.#packets[from] as number) + 1
    this.#packets[from] = number
    counters.published++
    const { nodes, fromUs } = this.topics.of(cell)
    for (let i = 0; i < nodes.length; i++) {
      const to = nodes[i] as number
      if (to === from || (fromUs[i] as number) > nowUs) continue
      if (!cuts.clear && cuts.blocked(from, to)) {
        counters.cut++
        continue
      }
      const hops = mesh === null || mesh.joins(from, to) ? radio.hops(from, to) : 0
      if (hops === 0) counters.outOfRange++
      else this.#copy(from, to, hops, number, packet)
    }
  }

  /** Sends over the connection of two peers. False: there is none, or nothing gets through. */
  send(from: number, to: number, packet: Packet, connections: Connections): boolean {
    const { counters, links, cuts } = this
    counters.sent++
    const hops = this.radio.hops(from, to)
    if (hops === 0 || cuts.blocked(from, to) || cuts.blocked(to, from)) {
      counters.broken++
      return false
    }
    const nowUs = this.#kernel.nowUs
    const number = (this.#packets[from] as number) + 1
    this.#packets[from] = number
    links.begin(from, to, number)
    let delayUs = links.delayUs(hops)
    for (let i = 0; i < RETRANSMITS_MAX && links.lost(from, to, hops, nowUs); i++) {
      delayUs += RETRANSMIT_US * 2 ** Math.min(i, 5)
    }
    const arrivesUs = cuts.throughClog(from, to, nowUs + delayUs)
    const atUs = connections.arrival(from, to, nowUs, arrivesUs - nowUs)
    if (atUs === null) {
      counters.broken++
      return false
    }
    this.#deliver(atUs, to, packet)
    return true
  }

  /** A packet has come to a node. A report whose author it cannot tell yet is dropped, as a real node does. */
  arrive(node: SimNode, packet: Packet): void {
    const { report } = packet
    if (report !== null) {
      if (!node.canName(report)) {
        this.counters.unknownKey++
        return
      }
      this.counters.delivered++
    }
    node.handle(packet, this.#kernel.nowUs)
  }

  #copy(from: number, to: number, hops: number, number: number, packet: Packet): void {
    const { counters, links, cuts } = this
    const nowUs = this.#kernel.nowUs
    links.begin(from, to, number)
    if (links.lost(from, to, hops, nowUs)) {
      counters.lost++
      return
    }
    const dueUs = nowUs + links.delayUs(hops)
    const atUs = cuts.throughClog(from, to, dueUs)
    if (atUs !== dueUs) counters.clogged++
    this.#deliver(atUs, to, packet)
    if (links.duplicated()) {
      counters.duplicated++
      this.#deliver(nowUs + links.delayUs(hops), to, packet)
    }
  }

  #deliver(atUs: number, to: number, packet: Packet): void {
    this.#kernel.schedule(atUs, EVENT.input, to, this.#lives[to] as number, packet)
  }
}
