import { numberOfKey } from '../../src/eventlog/keys.ts'
import type { Stored } from '../disk/disk.ts'
import { EVENT } from '../kernel/events.ts'
import { partitionOf } from '../net/cuts.ts'
import { GOOD_LINK } from '../net/link.ts'
import type { SimNode } from '../process/node.ts'
import type { Swarm } from '../swarm.ts'
import type { Fault, Schedule } from './schedule.ts'

/** `arg` of a fault event: twice the fault's number, plus one for its end; this one is the heal. */
const HEAL = -1

type TrustFault = Extract<Fault, { t: 'revoke' | 'expire' | 'renew' | 'equivocate' }>
type NodeFault = Exclude<Fault, TrustFault | { t: 'partition' | 'cut' | 'clog' }>

/** Makes a schedule come true. */
export class Injector {
  /** Faults that truly happened, by kind. */
  readonly injected: Partial<Record<Fault['t'], number>> = {}
  readonly #swarm: Swarm
  readonly #schedule: Schedule
  readonly #dead = new Set<number>()
  #healed = false

  constructor(swarm: Swarm, schedule: Schedule) {
    this.#swarm = swarm
    this.#schedule = schedule
  }

  get healed(): boolean {
    return this.#healed
  }

  /** Whether a node is gone for good. */
  dead(node: number): boolean {
    return this.#dead.has(node)
  }

  begin(): void {
    const { kernel, nodes, air } = this.#swarm
    const { faults, clocks, links, healAtMs } = this.#schedule
    air.links.conditions = links
    for (const [i, clock] of clocks.entries()) Object.assign(nodes[i]?.clock ?? {}, clock)
    for (const [i, fault] of faults.entries()) kernel.schedule(fault.atMs * 1000, EVENT.fault, 0, 2 * i, null)
    kernel.schedule(healAtMs * 1000, EVENT.fault, 0, HEAL, null)
  }

  /** A fault event came up. */
  handle(arg: number): void {
    const fault = this.#schedule.faults[arg >> 1]
    if (arg === HEAL) this.#heal()
    else if (fault === undefined || this.#healed) return
    else if ((arg & 1) === 1) this.#end(fault, arg >> 1)
    else if (this.#start(fault, arg >> 1)) this.#started(fault, arg)
  }

  #started(fault: Fault, arg: number): void {
    this.injected[fault.t] = (this.injected[fault.t] ?? 0) + 1
    if (!('forMs' in fault)) return
    const { kernel } = this.#swarm
    kernel.schedule(kernel.nowUs + fault.forMs * 1000, EVENT.fault, 0, arg + 1, null)
  }

  /** Begins a fault; false if there is nothing to break. */
  #start(fault: Fault, id: number): boolean {
    const swarm = this.#swarm
    const { cuts } = swarm.air
    if (fault.t === 'partition') cuts.partition(id, partitionOf(fault.shape, fault.side))
    else if (fault.t === 'cut') cuts.cut(fault.from, fault.to)
    else if (fault.t === 'clog') cuts.clog(fault.from, fault.to, swarm.kernel.nowUs + fault.forMs * 1000)
    else if (isOfTrust(fault)) return this.#breakTrust(fault)
    else return this.#breakNode(fault, swarm.nodes[fault.node])
    return true
  }

  #breakTrust(fault: TrustFault): boolean {
    const { closed, nodes } = this.#swarm
    const node = nodes[fault.node]
    if (closed === null || node === undefined || this.#dead.has(fault.node)) return false
    if (fault.t === 'revoke') return closed.revoke(fault.node, fault.to)
    if (fault.t === 'renew') closed.renew(node)
    else if (fault.t === 'equivocate') closed.members.lie(fault.node, true)
    // The certificate said from the beginning when it ends.
    return true
  }

  #breakNode(fault: NodeFault, node: SimNode | undefined): boolean {
    if (node === undefined || this.#dead.has(node.index)) return false
    const swarm = this.#swarm
    if (fault.t === 'clock-step') node.clock.offsetMs += fault.byMs
    else if (fault.t === 'disk-slow') node.disk.trouble.slowUs = fault.byUs
    else if (fault.t === 'disk-full') node.disk.trouble.full = true
    else if (fault.t === 'read-errors') node.disk.trouble.readError = fault.chance
    else if (!node.up && !node.booting) return false
    else if (fault.t === 'pause') swarm.pause(node, swarm.kernel.nowUs + fault.forMs * 1000)
    else if (fault.t === 'disk-damage') return this.#damage(node, fault.hole)
    else {
      swarm.kill(node, fault.t === 'death' || fault.power)
      if (fault.t === 'death') this.#dead.add(node.index)
    }
    return true
  }

  /**
   * Damages one event that a start verifies: after the newest snapshot (what lies before is for `skein log verify`),
   * and not the last, for no chain can miss that one.
   */
  #damage(node: SimNode, hole: boolean): boolean {
    const last = this.#swarm.watch.acknowledgedSeq(node)
    const snapshots = node.disk.read().map(({ key }) => numberOfKey('snapshot', key) ?? 0)
    const first = Math.max(0, ...snapshots) + 1
    const inside = ({ key }: Stored): boolean => {
      const seq = numberOfKey('event', key)
      return seq !== null && seq >= first && seq < last
    }
    const hit = hole ? node.disk.punchHole(inside) : node.disk.flipBit(inside)
    if (hit === null) return false
    this.#swarm.kill(node, true)
    this.#swarm.watch.damaged(node, numberOfKey('event', hit.key) ?? 0)
    return true
  }

  #end(fault: Fault, id: number): void {
    const { cuts } = this.#swarm.air
    if (fault.t === 'partition') cuts.mend(id)
    else if (fault.t === 'cut') cuts.splice(fault.from, fault.to)
    else if (fault.t === 'equivocate') this.#swarm.closed?.members.lie(fault.node, false)
    else if (fault.t !== 'clog' && !isOfTrust(fault)) this.#mendNode(fault, this.#swarm.nodes[fault.node])
  }

  #mendNode(fault: NodeFault, node: SimNode | undefined): void {
    if (node === undefined || this.#dead.has(node.index)) return
    if (fault.t === 'disk-slow') node.disk.trouble.slowUs = 0
    else if (fault.t === 'disk-full') node.disk.trouble.full = false
    else if (fault.t === 'read-errors') node.disk.trouble.readError = 0
    else if (fault.t === 'crash' || fault.t === 'disk-damage') this.#swarm.boot(node, 0)
  }

  /** Ends all trouble: links are good, clocks right, disks sound, pauses over, and everyone but the dead is up. */
  #heal(): void {
    const swarm = this.#swarm
    this.#healed = true
    swarm.air.cuts.heal()
    swarm.air.links.conditions = GOOD_LINK
    swarm.closed?.members.honestFromNow()
    for (const node of swarm.nodes) {
      if (this.#dead.has(node.index)) continue
      if (node.clock.offsetMs !== 0) node.clock.rightSinceUs = swarm.kernel.nowUs
      node.clock.offsetMs = 0
      Object.assign(node.disk.trouble, { full: false, slowUs: 0, readError: 0 })
      swarm.resume(node)
      swarm.boot(node, 0)
    }
  }
}

function isOfTrust(fault: Fault): fault is TrustFault {
  return fault.t === 'revoke' || fault.t === 'expire' || fault.t === 'renew' || fault.t === 'equivocate'
}
