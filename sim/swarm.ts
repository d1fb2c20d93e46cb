import { createAgent } from '../src/agent/agent.ts'
import type { Effect } from '../src/agent/interface.ts'
import type { AgentId, Random, Signer } from '../src/ports.ts'
import { agentIdOf } from '../protocols/identity/agent-id.ts'
import { ed25519Signer, sha256 } from '../protocols/identity/ed25519.ts'
import { SimDisk } from './disk/disk.ts'
import { Injector } from './faults/inject.ts'
import type { Schedule } from './faults/schedule.ts'
import { Convergence } from './invariants/convergence.ts'
import { Watch } from './invariants/watch.ts'
import { EVENT, INPUT_KINDS } from './kernel/events.ts'
import { Kernel } from './kernel/kernel.ts'
import { createRandom } from './kernel/random.ts'
import { Trace } from './kernel/trace.ts'
import { Air } from './net/air.ts'
import { Connections } from './net/connections.ts'
import { Cuts } from './net/cuts.ts'
import { Links } from './net/link.ts'
import { Radio } from './net/radio.ts'
import { Topics } from './net/topics.ts'
import { Wire } from './net/wire.ts'
import { agentConfig, SWARM_DEFAULTS, type SwarmOptions } from './options.ts'
import { Booting } from './process/booting.ts'
import { SimClock } from './process/clock.ts'
import { type NodeShell, type Packet, packetOf, SimNode } from './process/node.ts'
import { fakeSigner } from './signer.ts'
import { type SimVehicle, Wanderer } from './vehicles/wander.ts'

const SECOND_US = 1_000_000
/** Autopilots report at least so often; a serial line adds up to the jitter. */
const FIX_US = 1_000_000
const FIX_JITTER_US = 20_000
/** ... and at 10 Hz while anyone is truly nearer than this, when agents want to report at their ceiling. */
const FIX_NEAR_US = 100_000
const FIX_NEAR_M = 60
const START_WITHIN_US = 2_000_000

/** A swarm in virtual time: nodes, vehicles, network and trouble, driven by one queue of events. */
export class Swarm implements NodeShell {
  readonly kernel = new Kernel<Packet>(4096)
  readonly trace = new Trace()
  readonly nodes: readonly SimNode[]
  readonly ids: readonly AgentId[]
  readonly signers: readonly Signer[]
  readonly vehicles: readonly SimVehicle[]
  readonly air: Air
  readonly connections: Connections
  readonly watch: Watch
  readonly injector: Injector
  readonly convergence: Convergence
  readonly booting: Booting
  readonly options: SwarmOptions
  readonly signer: 'real' | 'fake'
  readonly #wire: Wire
  /** What a shell leaves to chance, by node. */
  readonly #lots: readonly Random[]
  readonly #indexOf = new Map<AgentId, number>()
  readonly #near: Uint8Array
  #neighborsSeen = 0
  #looks = 0

  constructor(options: SwarmOptions, schedule: Schedule) {
    const { seed } = options
    const count = options.agents ?? SWARM_DEFAULTS.agents
    const rangeM = options.rangeM ?? SWARM_DEFAULTS.rangeM
    this.options = options
    const random = createRandom(seed)
    this.#lots = Array.from({ length: count }, (_, i) => random.fork(`shell/${i}`))
    const nodes = Array.from({ length: count }, (_, i) => {
      return new SimNode(i, count, new SimDisk(random.fork(`disk/${i}`)), new SimClock(), this)
    })
    this.nodes = nodes
    this.signer = options.signer ?? (seed % 20 === 0 ? 'real' : 'fake')
    this.signers = nodes.map((_, i) => signerOf(seed, i, this.signer === 'real'))
    this.ids = this.signers.map(signer => agentIdOf(signer.publicKey))
    for (const [i, id] of this.ids.entries()) this.#indexOf.set(id, i)
    const halfSideM = Math.sqrt(count / (options.density ?? SWARM_DEFAULTS.density)) * 500
    this.vehicles = nodes.map((_, i) => new Wanderer(random.fork(`vehicle/${i}`), halfSideM))
    this.#near = new Uint8Array(count)

    const cuts = new Cuts()
    const radio = new Radio(count, rangeM)
    this.air = new Air(this.kernel, nodes, { topics: new Topics(), links: new Links(seed), cuts, radio })
    this.connections = new Connections(count, {
      running: node => this.#node(node).running(this.kernel.nowUs),
      reachable: (a, b) => this.air.reaches(a, b) && this.air.reaches(b, a),
      distanceM: (a, b) => radio.distanceM(a, b),
      near: (node, visit) => radio.near(node, visit),
      tell: (node, peer, up) => this.#tellPeer(node, peer, up),
    })
    const config = agentConfig(options)
    this.#wire = new Wire(this.signers, config.cellResolution)
    this.watch = new Watch(count, () => this.kernel.nowUs)
    this.booting = this.#createBooting(random)
    this.injector = new Injector(this, schedule)
    this.convergence = new Convergence(this, schedule.healAtMs * 1000)
  }

  /** Runs for `seconds` of virtual time. @throws ViolationError */
  run(seconds: number): void {
    this.#begin()
    const endUs = seconds * SECOND_US
    const { kernel } = this
    while (kernel.next(endUs)) this.#handle()
  }

  /** Mean number of others an agent held at the slow looks. */
  get neighborsHeard(): number {
    return this.#looks === 0 ? 0 : this.#neighborsSeen / this.#looks
  }

  /** Agents running now. */
  get running(): number {
    return this.nodes.filter(node => node.up).length
  }

  /** The pause ends now, whatever was planned. */
  resume(node: SimNode): void {
    if (!node.up || node.pausedUntilUs <= this.kernel.nowUs) return
    node.pausedUntilUs = this.kernel.nowUs
    node.resume(this.kernel.nowUs)
  }

  /** Kills a process. `power`: the whole board, page cache included. */
  kill(node: SimNode, power: boolean): void {
    for (const cell of node.topics.keys()) this.air.topics.leave(cell, node.index)
    if (node.up) this.connections.died(node.index)
    node.kill()
    node.disk.crash(power)
  }

  /** Starts a process in `afterUs`. */
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

  publish(node: SimNode, { cell, position }: Effect & { t: 'publish' }): void {
    const { signed, opened, fullKey, digest } = this.#wire.seal(node.index, position, cell)
    this.watch.published(node, 'signed' in opened, 'detail' in opened ? opened.detail : '')
    if (!('signed' in opened)) return
    this.watch.made.add(node.index, position, cell, this.kernel.nowUs)
    const from = position.agent
    const report = { author: node.index, fullKey }
    const kind = INPUT_KINDS.indexOf('position')
    this.air.publish(node.index, cell, {
      input: { t: 'position', from, signed: opened.signed },
      kind,
      digest,
      report,
    })
    node.handle({ input: { t: 'position', from, signed }, kind, digest, report }, this.kernel.nowUs)
  }

  subscribe(node: SimNode, cell: string): void {
    const nowUs = this.kernel.nowUs
    node.topics.set(cell, nowUs)
    this.watch.topics(node, cell)
    this.air.topics.join(cell, node.index, nowUs, this.#lot(node.index).float())
  }

  unsubscribe(node: SimNode, cell: string): void {
    node.topics.delete(cell)
    this.air.topics.leave(cell, node.index)
  }

  send(node: SimNode, { to, message }: Effect & { t: 'send' }): void {
    const peer = this.#indexOf.get(to)
    if (peer === undefined) return
    const carried = this.#wire.carrySync(message)
    const packet = packetOf({ t: 'sync', from: this.ids[node.index] as AgentId, message: carried.message }, carried.digest)
    this.air.send(node.index, peer, packet, this.connections)
  }

  write(node: SimNode, { token, ops, sync }: Effect & { t: 'write' }): void {
    const tookUs = node.disk.write(token, ops)
    if (tookUs === null) {
      const failed = packetOf({ t: 'write-failed', token, reason: 'no space left on the simulated disk' }, token)
      this.kernel.schedule(this.kernel.nowUs + 100, EVENT.input, node.index, node.epoch, failed)
      return
    }
    const packet = packetOf({ t: 'written', token }, token)
    const kind = sync ? EVENT.disk : EVENT.input
    this.kernel.schedule(this.kernel.nowUs + (sync ? tookUs : 50), kind, node.index, node.epoch, packet)
  }

  tickAt(node: SimNode, atUs: number): void {
    this.kernel.schedule(atUs, EVENT.tick, node.index, node.epoch, null)
  }

  event(node: SimNode, effect: Effect & { t: 'event' }): void {
    this.watch.event(node, effect, this.signers[node.index] as Signer)
  }

  released(node: SimNode, after: number): void {
    this.watch.released(node, after)
  }

  stepped(node: SimNode, { input, kind, digest }: Packet): void {
    const atUs = this.kernel.nowUs
    this.trace.add(atUs, node.index, kind, digest)
    this.options.onInput?.({ atUs, node: node.index, input: input.t, digest: digest.toString(16) })
  }

  #begin(): void {
    this.#locate()
    this.injector.begin()
    for (const node of this.nodes) this.boot(node, this.#lot(node.index).int(START_WITHIN_US))
    this.kernel.schedule(SECOND_US, EVENT.second, 0, 0, null)
  }

  #handle(): void {
    const { kernel } = this
    const { kind, arg, payload, nowUs } = kernel
    if (kind === EVENT.second) return this.#second()
    if (kind === EVENT.fault) return this.injector.handle(arg)
    const node = this.#node(kernel.node)
    // Whatever was meant for an earlier life of the node finds no one.
    if (node.epoch !== arg) return
    if (kind === EVENT.input) this.#deliver(node, payload as Packet)
    else if (kind === EVENT.tick) node.tick(nowUs)
    else if (kind === EVENT.fix) this.#fix(node)
    else if (kind === EVENT.disk) this.#written(node, payload as Packet)
    else if (kind === EVENT.resume) node.resume(nowUs)
    else this.booting.begin(node)
  }

  #deliver(node: SimNode, packet: Packet): void {
    const { report } = packet
    if (report !== null) {
      const byte = report.author >> 3
      const bit = 1 << (report.author & 7)
      if (report.fullKey) node.knownKeys[byte] = (node.knownKeys[byte] as number) | bit
      else if (((node.knownKeys[byte] as number) & bit) === 0) {
        this.air.counters.unknownKey++
        return
      }
      this.air.counters.delivered++
    }
    node.handle(packet, this.kernel.nowUs)
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

  #createBooting(random: Random): Booting {
    const config = agentConfig(this.options)
    const make = this.options.makeAgent ?? createAgent
    const id = (node: SimNode) => this.ids[node.index] as AgentId
    const signer = (node: SimNode) => this.signers[node.index] as Signer
    return new Booting(this.kernel, this.watch, {
      id,
      signer,
      make: (node, recovered) => {
        const ports = { random: random.fork(`node/${node.index}/${node.boot}`), signer: signer(node) }
        return make({ ...config, agent: id(node), boot: node.boot }, ports, recovered)
      },
      started: node => {
        this.connections.started(node.index)
        this.kernel.schedule(this.kernel.nowUs, EVENT.fix, node.index, node.epoch, null)
      },
    })
  }

  #fix(node: SimNode): void {
    const { index } = node
    const nowUs = this.kernel.nowUs
    const vehicle = this.vehicles[index] as SimVehicle
    const everyUs = this.#near[index] === 1 ? FIX_NEAR_US : FIX_US + this.#lot(index).int(FIX_JITTER_US)
    this.kernel.schedule(nowUs + everyUs, EVENT.fix, index, node.epoch, null)
    // The serial line of a paused process overflows: what it missed is gone.
    if (!node.running(nowUs)) return
    vehicle.advance(nowUs)
    const fix = vehicle.fix()
    node.handle(packetOf({ t: 'fix', fix }, Math.imul(fix.latE7, 31) ^ fix.lonE7), nowUs)
  }

  #second(): void {
    const nowUs = this.kernel.nowUs
    this.#locate()
    this.connections.review(nowUs)
    const turn = (nowUs / SECOND_US) & 1
    for (const node of this.nodes) {
      const { agent } = node
      if (agent === null || (node.index & 1) !== turn) continue
      this.watch.look(node, agent)
      this.#neighborsSeen += agent.sharing.world.size - 1
      this.#looks++
    }
    this.convergence.second()
    this.kernel.schedule(nowUs + SECOND_US, EVENT.second, 0, 0, null)
  }

  #locate(): void {
    const { radio } = this.air
    for (const [i, vehicle] of this.vehicles.entries()) {
      vehicle.advance(this.kernel.nowUs)
      radio.x[i] = vehicle.x
      radio.y[i] = vehicle.y
      radio.alt[i] = vehicle.altM
    }
    radio.update(node => this.#node(node).up)
    this.#near.fill(0)
    for (let i = 0; i < this.nodes.length; i++) {
      radio.near(i, (other, distanceM) => {
        if (distanceM < FIX_NEAR_M && Math.abs((radio.alt[i] as number) - (radio.alt[other] as number)) < FIX_NEAR_M) {
          this.#near[i] = 1
        }
      })
    }
  }

  #tellPeer(node: number, peer: number, up: boolean): void {
    const packet = packetOf(
      { t: 'peer', peer: this.ids[peer] as AgentId, up, why: up ? `node-${peer}` : 'lost' },
      peer * 2 + (up ? 1 : 0),
    )
    const delayUs = 1_000 + this.#lot(node).int(20_000)
    this.kernel.schedule(this.kernel.nowUs + delayUs, EVENT.input, node, this.#node(node).epoch, packet)
  }

  #node(index: number): SimNode {
    return this.nodes[index] as SimNode
  }

  #lot(index: number): Random {
    return this.#lots[index] as Random
  }

}

function signerOf(seed: number, index: number, real: boolean): Signer {
  if (!real) return fakeSigner(Math.imul(seed + 1, 0x9e3779b1) ^ index)
  return ed25519Signer(sha256(new TextEncoder().encode(`skein/sim/${seed}/${index}`)))
}
