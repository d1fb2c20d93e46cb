import type { AgentId, CellId } from '../../src/ports.ts'
import { ageMs } from '../../src/position/world.ts'
import { linkId } from '../net/cuts.ts'
import { AGREE_WITHIN_S, CONVERGE_WITHIN_S } from '../options.ts'
import type { SimNode } from '../process/node.ts'
import type { Swarm } from '../swarm.ts'

/** A topic joined this long ago brings everyone in it: a graft, the floor of 1 Hz, and a report of every author. */
const SETTLED_US = 8_000_000
/** Whoever reported within its floor and this counts as being on the air. */
const ALIVE_MARGIN_MS = 1_500
/** Agents forget every ten seconds, by their own clocks. */
const FORGET_MARGIN_MS = 15_000

/** An agent that listens to the cell in question, and since when. */
interface Listener {
  readonly node: SimNode
  readonly sinceUs: number
}

/** Somebody does not know what it should. */
interface Missing {
  readonly node: SimNode
  readonly detail: string
}

/**
 * What must hold once faults are over. After `CONVERGE_WITHIN_S`, and from then on each second: whoever listens to a cell knows
 * everyone alive who reports there as a point, and, after `AGREE_WITHIN_S`, all who listened to a cell that long and were
 * joined by connections all the while agree on the last
 * report of each dead agent there, as a volume. Measures when it first held, too.
 */
export class Convergence {
  /** When everything held first after the heal, s after it; null = not yet. */
  convergedAfterS: number | null = null
  /** Pairs of agents that were compared. */
  compared = 0
  readonly #swarm: Swarm
  readonly #healUs: number
  /** When two nodes were last seen out of each other's reach. */
  readonly #apart = new Map<number, number>()

  constructor(swarm: Swarm, healUs: number) {
    this.#swarm = swarm
    this.#healUs = healUs
  }

  second(): void {
    const { nowUs } = this.#swarm.kernel
    const sinceS = (nowUs - this.#healUs) / 1e6
    if (sinceS <= 0) return
    const due = sinceS >= CONVERGE_WITHIN_S
    // Looking at everyone's belief of everyone is dear. Once converged, nothing counts again before the bound, save who was
    // out of reach just before it.
    if (this.convergedAfterS !== null && sinceS < CONVERGE_WITHIN_S - SETTLED_US / 1e6) return
    const missing = this.#missing()
    if (missing === null) this.convergedAfterS ??= sinceS
    else if (due) this.#swarm.watch.fail('converged', missing.node, missing.detail)
    if (due) this.#swarm.watch.count('converged')
  }

  /** The first thing that somebody should know and does not. */
  #missing(): Missing | null {
    const { nodes, injector, watch, closed, kernel } = this.#swarm
    // Those who listen to a cell are many authors' listeners.
    const byCell = new Map<CellId, readonly Listener[]>()
    for (const { id, index } of nodes) {
      const cell = watch.made.of(id)?.cell
      if (cell === undefined || closed?.members.isOutcast(index, kernel.nowUs / 1000) === true) continue
      const listeners = byCell.get(cell) ?? this.#listeners(cell)
      byCell.set(cell, listeners)
      const missing = injector.dead(index) ? this.#deadKnown(id, listeners) : this.#liveKnown(id, listeners)
      if (missing !== null) return missing
      this.compared += listeners.length
    }
    return null
  }

  /** Running agents that listen to a cell, and since when. */
  #listeners(cell: CellId): readonly Listener[] {
    const listeners: Listener[] = []
    for (const index of this.#swarm.air.topics.of(cell).nodes) {
      const node = this.#swarm.nodes[index]
      const sinceUs = node?.topics.get(cell)
      if (node !== undefined && sinceUs !== undefined) listeners.push({ node, sinceUs })
    }
    return listeners
  }

  #liveKnown(id: AgentId, listeners: readonly Listener[]): Missing | null {
    const { kernel, watch, nodes } = this.#swarm
    const made = watch.made.of(id)
    const { floorMs } = nodes[made?.node ?? 0]?.agent?.config.position ?? { floorMs: 0 }
    if (made === undefined || kernel.nowUs - made.atUs > (floorMs + ALIVE_MARGIN_MS) * 1000) return null
    if (kernel.nowUs - made.cellSinceUs < SETTLED_US) return null
    for (const { node, sinceUs } of listeners) {
      if (node.index === made.node) continue
      if (kernel.nowUs - sinceUs < SETTLED_US || !this.#linkedFor(SETTLED_US, made.node, node.index)) continue
      const age = this.#age(node, id)
      const { validMs } = node.agent?.config.position ?? { validMs: 0 }
      if (age === null)
        return { node, detail: `does not know ${id.slice(-6)} (node ${made.node}), who flies in its cells` }
      if (age > validMs)
        return { node, detail: `heard of ${id.slice(-6)} (node ${made.node}) ${age.toFixed(0)} ms ago` }
    }
    return null
  }

  #deadKnown(id: AgentId, listeners: readonly Listener[]): Missing | null {
    const { kernel, watch } = this.#swarm
    const silentUs = kernel.nowUs - (watch.made.of(id)?.atUs ?? 0)
    const sinceUs = kernel.nowUs - AGREE_WITHIN_S * 1e6
    const settled = listeners.filter(listener => listener.sinceUs <= sinceUs).map(({ node }) => node)
    const stamp = (node: SimNode) => node.agent?.sharing.world.get(id)?.signed.position.hlc ?? 0
    const { forgetMs } = settled[0]?.agent?.config.position ?? { forgetMs: 0 }
    // Near the end of their memory some have forgotten and some have not; before the heal they may be apart.
    if (silentUs > (forgetMs - FORGET_MARGIN_MS) * 1000 || sinceUs < this.#healUs) return null
    for (const group of this.#joined(settled, sinceUs)) {
      const newest = Math.max(...group.map(stamp))
      for (const node of group) {
        const held = stamp(node)
        if (held !== newest)
          return { node, detail: `holds ${held} of the lost ${id.slice(-6)}, another ${newest}` }
        const { validMs } = node.agent?.config.position ?? { validMs: 0 }
        const age = this.#age(node, id)
        if (age !== null && age <= validMs)
          return { node, detail: `takes the lost ${id.slice(-6)} for present` }
      }
    }
    return null
  }

  /** Groups of nodes that connections among themselves, all as old as `sinceUs`, have joined. */
  #joined(nodes: readonly SimNode[], sinceUs: number): readonly (readonly SimNode[])[] {
    const left = new Map(nodes.map(node => [node.index, node]))
    const groups: SimNode[][] = []
    for (const start of nodes) {
      if (!left.delete(start.index)) continue
      const group = [start]
      // Grows while it is walked.
      for (const node of group) {
        for (const peer of this.#swarm.connections.peersSince(node.index, sinceUs)) {
          const next = left.get(peer)
          if (next !== undefined && left.delete(peer)) group.push(next)
        }
      }
      groups.push(group)
    }
    return groups
  }

  /** Whether a chain of radios joined two nodes all the time of late; drones that fly apart are cut without any fault. */
  #linkedFor(us: number, a: number, b: number): boolean {
    const { kernel, air } = this.#swarm
    const id = linkId(a, b)
    if (!air.joins(a, b)) this.#apart.set(id, kernel.nowUs)
    const apartUs = this.#apart.get(id)
    return apartUs === undefined || kernel.nowUs - apartUs >= us
  }

  #age(node: SimNode, id: AgentId): number | null {
    const heard = node.agent?.sharing.world.get(id)
    return heard === undefined ? null : ageMs(heard, node.clock.monoUs(this.#swarm.kernel.nowUs))
  }
}
