import type { TrustDecoderInit } from '../protocols/trust/messages.ts'
import { createAgent } from '../src/agent/agent.ts'
import type { Random } from '../src/ports.ts'
import { SimDisk } from './disk/disk.ts'
import { Injector } from './faults/inject.ts'
import type { Schedule } from './faults/schedule.ts'
import { Convergence } from './invariants/convergence.ts'
import { TrustWatch } from './invariants/trust-watch.ts'
import { ViolationError } from './invariants/violation.ts'
import { Watch } from './invariants/watch.ts'
import { EVENT } from './kernel/events.ts'
import { Kernel } from './kernel/kernel.ts'
import { createRandom } from './kernel/random.ts'
import { Trace } from './kernel/trace.ts'
import { Air } from './net/air.ts'
import { Connections } from './net/connections.ts'
import { Cuts } from './net/cuts.ts'
import { Links } from './net/link.ts'
import { Radio } from './net/radio.ts'
import { Topics } from './net/topics.ts'
import { SWARM, Wire } from './net/wire.ts'
import { agentConfig, SWARM_DEFAULTS, type SwarmOptions } from './options.ts'
import { Booting } from './process/booting.ts'
import { SimClock } from './process/clock.ts'
import { type Lives, type Packet, packetOf, SimNode } from './process/node.ts'
import { Shell } from './process/shell.ts'
import { signerOf } from './signer.ts'
import { SimAuthority } from './trust/authority.ts'
import { ClosedSwarm } from './trust/closed.ts'
import { Doors } from './trust/doors.ts'
import { Members } from './trust/members.ts'
import { Courier } from './vehicles/courier.ts'
import { Fleet } from './vehicles/fleet.ts'

const SECOND_US = 1_000_000
const START_WITHIN_US = 2_000_000
/** Every agent's whole belief is looked at so often. */
const LOOK_EVERY_S = 5

/** A swarm in virtual time: nodes, vehicles, network and trouble, driven by one queue of events. */
export class Swarm {
  readonly kernel = new Kernel<Packet>(4096)
  readonly trace = new Trace()
  readonly signer: 'real' | 'fake'
  readonly nodes: readonly SimNode[]
  readonly air: Air
  readonly connections: Connections
  readonly watch: Watch
  readonly injector: Injector
  readonly convergence: Convergence
  readonly booting: Booting
  /** Null in an open swarm. */
  readonly closed: ClosedSwarm | null
  readonly #trustWatch: TrustWatch | null
  readonly #fleet: Fleet
  #neighborsSeen = 0
  #looks = 0

  constructor(options: SwarmOptions, schedule: Schedule) {
    const { seed, agents: count = SWARM_DEFAULTS.agents, rangeM = SWARM_DEFAULTS.rangeM } = options
    const random = createRandom(seed)
    this.signer = options.signer ?? (seed % 20 === 0 ? 'real' : 'fake')
    const lives = new Int32Array(count)
    this.nodes = createNodes(random, seed, lives, this.signer)
    const radio = new Radio(count, rangeM)
    const halfSideM = Math.sqrt(count / (options.density ?? SWARM_DEFAULTS.density)) * 500
    const vehicles = this.nodes.map((_, i) => new Courier(random.fork(`vehicle/${i}`), halfSideM))
    this.#fleet = new Fleet(vehicles, radio, agentConfig(options).position.floorMs * 1000)
    const net = { topics: new Topics(), links: new Links(seed), cuts: new Cuts(), radio }
    this.air = new Air(this.kernel, lives, net)
    this.connections = this.#createConnections(radio)
    this.watch = new Watch(count, () => this.kernel.nowUs)
    const trust = options.trust === true ? this.#createClosed(options, schedule) : null
    this.closed = trust?.closed ?? null
    this.#trustWatch = trust?.watch ?? null
    this.booting = this.#createBooting(options, random)
    this.injector = new Injector(this, schedule)
    this.convergence = new Convergence(this, schedule.healAtMs * 1000)
  }

  /** Runs for `seconds` of virtual time. @throws ViolationError */
  run(seconds: number): void {
    const { kernel } = this
    this.#locate()
    this.injector.begin()
    for (const node of this.nodes) this.boot(node, node.lot.int(START_WITHIN_US))
    kernel.schedule(SECOND_US, EVENT.second, 0, 0, null)
    try {
      while (kernel.next(seconds * SECOND_US)) this.#handle()
    } catch (error) {
      if (error instanceof ViolationError) throw error
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
      throw new ViolationError('no-crash', kernel.node, kernel.nowUs, detail)
    }
  }

  /** Mean number of others that an agent knew as points, at the slow looks. */
  get neighborsHeard(): number {
    return this.#looks === 0 ? 0 : this.#neighborsSeen / this.#looks
  }

  /** Kills a process. `power`: the whole board, page cache included. */
  kill(node: SimNode, power: boolean): void {
    for (const cell of node.topics.keys()) this.air.topics.leave(cell, node.index)
    if (node.up) this.connections.died(node.index)
    this.closed?.died(node)
    node.kill()
    node.disk.crash(power)
  }

  /** Starts a process in `afterUs`, unless it runs or starts already. */
  boot(node: SimNode, afterUs: number): void {
    if (node.up || node.booting) return
    node.booting = true
    this.kernel.schedule(this.kernel.nowUs + afterUs, EVENT.boot, node.index, node.epoch, null)
  }

  pause(node: SimNode, untilUs: number): void {
    if (!node.up || untilUs <= node.pausedUntilUs) return
    node.pausedUntilUs = untilUs
    this.kernel.schedule(untilUs, EVENT.resume, node.index, node.epoch, null)
  }

  /** The pause ends now, whatever was planned. */
  resume(node: SimNode): void {
    if (!node.up || node.pausedUntilUs <= this.kernel.nowUs) return
    node.pausedUntilUs = this.kernel.nowUs
    node.resume(this.kernel.nowUs)
  }

  #handle(): void {
    const { kernel } = this
    const { kind, arg, nowUs } = kernel
    if (kind === EVENT.second) this.#second()
    else if (kind === EVENT.fault) this.injector.handle(arg)
    else {
      const node = this.#node(kernel.node)
      // Whatever was meant for an earlier life of the node finds no one.
      if (node.epoch !== arg) return
      if (kind === EVENT.input) this.#arrive(node, kernel.payload as Packet)
      else if (kind === EVENT.tick) node.tick(nowUs)
      else if (kind === EVENT.fix) this.#fix(node)
      else if (kind === EVENT.disk) this.#written(node, kernel.payload as Packet)
      else if (kind === EVENT.resume) node.resume(nowUs)
      else this.booting.begin(node)
    }
  }

  #arrive(node: SimNode, packet: Packet): void {
    const taken = this.closed === null ? packet : this.closed.taken(node, packet)
    if (taken !== null) this.air.arrive(node, taken)
  }

  #written(node: SimNode, packet: Packet): void {
    if (packet.input.t !== 'written') return
    const { token } = packet.input
    node.disk.harden(token)
    if (node.up) {
      node.release(token)
      node.handle(packet, this.kernel.nowUs)
    } else this.booting.written(node, token)
  }

  #fix(node: SimNode): void {
    const { kernel } = this
    const afterUs = this.#fleet.nextFixUs(node.index, node.lot)
    kernel.schedule(kernel.nowUs + afterUs, EVENT.fix, node.index, node.epoch, null)
    // The serial line of a paused process overflows: what it missed is gone.
    if (!node.running(kernel.nowUs)) return
    const fix = this.#fleet.fix(node.index, kernel.nowUs)
    node.handle(packetOf({ t: 'fix', fix }, Math.imul(fix.latE7, 31) ^ fix.lonE7), kernel.nowUs)
  }

  #second(): void {
    const { nowUs } = this.kernel
    this.#locate()
    this.connections.review(nowUs)
    this.closed?.second()
    const turn = Math.round(nowUs / SECOND_US) % LOOK_EVERY_S
    for (const node of this.nodes) {
      const { agent } = node
      if (agent === null || node.index % LOOK_EVERY_S !== turn) continue
      this.#neighborsSeen += this.watch.look(node, agent)
      this.#looks++
    }
    this.convergence.second()
    this.kernel.schedule(nowUs + SECOND_US, EVENT.second, 0, 0, null)
  }

  #locate(): void {
    this.#fleet.locate(this.kernel.nowUs, node => this.#node(node).up)
  }

  #createConnections(radio: Radio): Connections {
    return new Connections(this.nodes.length, {
      running: node => this.#node(node).running(this.kernel.nowUs),
      reachable: (a, b) => this.air.reaches(a, b) && this.air.reaches(b, a),
      distanceM: (a, b) => radio.distanceM(a, b),
      near: (node, visit) => radio.near(node, visit),
      mayCall: (a, b) => this.closed === null || this.closed.mayCall(a, b),
      tell: (index, peer, up) => {
        const node = this.#node(index)
        if (this.closed !== null) {
          this.closed.connected(node, this.#node(peer), up)
          return
        }
        const why = up ? `node-${peer}` : 'connection lost'
        const packet = packetOf({ t: 'peer', peer: this.#node(peer).id, up, why }, peer * 2 + (up ? 1 : 0))
        const delayUs = 1_000 + node.lot.int(20_000)
        this.kernel.schedule(this.kernel.nowUs + delayUs, EVENT.input, index, node.epoch, packet)
      },
    })
  }

  #createClosed(options: SwarmOptions, { faults }: Schedule): { closed: ClosedSwarm; watch: TrustWatch } {
    const { kernel, nodes, air, connections, watch } = this
    const { clockBoundMs, cellResolution } = agentConfig(options)
    const keyOf = (past: number) => signerOf(options.seed, nodes.length + past, this.signer)
    const [root, issuing] = [keyOf(0), keyOf(1)]
    const authority = new SimAuthority({ swarm: SWARM, root, issuing, clockBoundMs, cellResolution })
    const trust: TrustDecoderInit = { genesis: authority.genesis, verify: root.verify, hash: root.hash }
    const ends = new Map<number, number>()
    for (const fault of faults)
      if (fault.t === 'expire' && !ends.has(fault.node)) ends.set(fault.node, fault.atMs)
    const members = new Members(
      authority,
      nodes.map(({ id }) => id),
      ends,
    )
    const doors = new Doors(nodes.length)
    air.mesh = doors.mesh
    const trustWatch = new TrustWatch({
      watch,
      nodes,
      air,
      members,
      doors,
      clockBoundMs,
      nowUs: () => kernel.nowUs,
      isAirborne: node => this.#fleet.isAirborne(node),
    })
    const closed = new ClosedSwarm({
      kernel,
      nodes,
      air,
      connections,
      trust,
      members,
      doors,
      watch: trustWatch,
    })
    return { closed, watch: trustWatch }
  }

  #createBooting(options: SwarmOptions, random: Random): Booting {
    const { kernel, nodes, air, connections, watch, trace } = this
    const config = agentConfig(options)
    const make = options.makeAgent ?? createAgent
    const wire = new Wire(
      nodes.map(node => node.signer),
      config.cellResolution,
      this.closed?.trust,
    )
    const onInput = options.onInput ?? null
    const { closed } = this
    const trustWatch = this.#trustWatch
    const trust = closed && trustWatch && { closed, watch: trustWatch, fleet: this.#fleet }
    const shell = new Shell({ kernel, nodes, air, connections, wire, watch, trace, onInput, trust })
    return new Booting(kernel, watch, (node, recovered) => {
      const ports = {
        random: random.fork(`node/${node.index}/${node.boot}`),
        signer: node.signer,
        trust: closed?.port(node),
      }
      const agent = make({ ...config, agent: node.id, boot: node.boot }, ports, recovered)
      trustWatch?.started(node, agent)
      node.start(agent, shell, kernel.nowUs)
      connections.started(node.index)
      kernel.schedule(kernel.nowUs, EVENT.fix, node.index, node.epoch, null)
    })
  }

  #node(index: number): SimNode {
    return this.nodes[index] as SimNode
  }
}

function createNodes(random: Random, seed: number, lives: Lives, kind: 'real' | 'fake'): readonly SimNode[] {
  return Array.from(lives, (_, i) => {
    const disk = new SimDisk(random.fork(`disk/${i}`))
    return new SimNode(i, {
      lives,
      disk,
      clock: new SimClock(),
      signer: signerOf(seed, i, kind),
      lot: random.fork(`shell/${i}`),
    })
  })
}
