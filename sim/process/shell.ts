import type { Effect } from '../../src/agent/interface.ts'
import type { AgentId, CellId } from '../../src/ports.ts'
import type { Hlc } from '../../src/time/hlc.ts'
import type { TrustWatch } from '../invariants/trust-watch.ts'
import type { Watch } from '../invariants/watch.ts'
import { EVENT, INPUT_KINDS } from '../kernel/events.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Trace } from '../kernel/trace.ts'
import type { Air } from '../net/air.ts'
import type { Connections } from '../net/connections.ts'
import type { Wire } from '../net/wire.ts'
import type { TraceLine } from '../options.ts'
import type { ClosedSwarm } from '../trust/closed.ts'
import type { Fleet } from '../vehicles/fleet.ts'
import { type NodeShell, type Packet, packetOf, type SimNode } from './node.ts'

const POSITION = INPUT_KINDS.indexOf('position')
/** An answer of the page cache, and of a disk that is full. */
const CACHE_US = 50
const REFUSAL_US = 100

export interface ShellInit {
  readonly kernel: Kernel<Packet>
  readonly nodes: readonly SimNode[]
  readonly air: Air
  readonly connections: Connections
  readonly wire: Wire
  readonly watch: Watch
  readonly trace: Trace
  readonly onInput: ((line: TraceLine) => void) | null
  /** Null in an open swarm. */
  readonly trust: { readonly closed: ClosedSwarm; readonly watch: TrustWatch; readonly fleet: Fleet } | null
}

/** How much higher an agent that lies says it is in the second of two reports. */
const LIE_MM = 20_000

/** Does for every simulated agent what the node's runtime does for a real one: carries out its effects. */
export class Shell implements NodeShell {
  readonly #init: ShellInit
  readonly #indexOf: ReadonlyMap<AgentId, number>

  constructor(init: ShellInit) {
    this.#init = init
    this.#indexOf = new Map(init.nodes.map(node => [node.id, node.index]))
  }

  publish(node: SimNode, effect: Effect & { t: 'publish' }): void {
    this.#publish(node, effect)
    const { position } = effect
    if (this.#init.trust?.closed.members.isLying(node.index) === true)
      this.#publish(node, { ...effect, position: { ...position, altMm: position.altMm + LIE_MM } })
  }

  #publish(node: SimNode, { cell, position }: Effect & { t: 'publish' }): void {
    const { wire, watch, air, kernel } = this.#init
    const { signed, opened, fullKey, digest } = wire.seal(node.index, position, cell)
    watch.published(node, 'signed' in opened, 'detail' in opened ? opened.detail : '')
    if (!('signed' in opened)) return
    watch.made.add(node.index, position, cell, kernel.nowUs)
    // The very text that receivers' maps have as key: two equal texts would be compared letter by letter at each look-up.
    const { agent } = opened.signed.position
    const packet = { kind: POSITION, digest, report: { agent, author: node.index, fullKey } }
    const from = node.id
    air.publish(node.index, cell, { ...packet, input: { t: 'position', from, signed: opened.signed } })
    node.handle({ ...packet, input: { t: 'position', from, signed } }, kernel.nowUs)
  }

  subscribe(node: SimNode, cell: CellId): void {
    const { kernel, watch, air } = this.#init
    node.topics.set(cell, kernel.nowUs)
    watch.topics(node, cell)
    air.topics.join(cell, node.index, kernel.nowUs, node.lot.float())
  }

  unsubscribe(node: SimNode, cell: CellId): void {
    node.topics.delete(cell)
    this.#init.air.topics.leave(cell, node.index)
  }

  send(node: SimNode, { to, message }: Effect & { t: 'send' }): void {
    const { wire, air, connections, nodes, trust } = this.#init
    const peer = this.#indexOf.get(to)
    if (peer === undefined) return
    const carried = wire.carrySync(message)
    const packet = packetOf({ t: 'sync', from: node.id, message: carried.message }, carried.digest)
    if (trust === null) air.send(node.index, peer, packet, connections)
    else trust.closed.send(node, nodes[peer] as SimNode, packet)
  }

  write(node: SimNode, { token, ops, sync }: Effect & { t: 'write' }): void {
    const syncUs = node.disk.write(token, ops)
    if (syncUs === null) {
      const reason = 'no space left on the simulated disk'
      this.#answer(node, EVENT.input, REFUSAL_US, packetOf({ t: 'write-failed', token, reason }, token))
    } else {
      const written = packetOf({ t: 'written', token }, token)
      this.#answer(node, sync ? EVENT.disk : EVENT.input, sync ? syncUs : CACHE_US, written)
    }
  }

  tickAt(node: SimNode, atUs: number): void {
    this.#init.kernel.schedule(atUs, EVENT.tick, node.index, node.epoch, null)
  }

  event(node: SimNode, effect: Effect & { t: 'event' }): void {
    this.#init.watch.event(node, effect)
    this.#init.trust?.watch.event(node, effect)
  }

  admission(node: SimNode, effect: Effect & { t: 'admission' }): void {
    this.#init.trust?.closed.admission(node, effect)
  }

  expel(node: SimNode, effect: Effect & { t: 'expel' }): void {
    this.#init.trust?.closed.expel(node, effect)
  }

  /** The vehicles of an open swarm fly their deliveries whatever they are told, so that it stays in the air. */
  actuate(node: SimNode, effect: Effect & { t: 'actuate' }): void {
    this.#init.trust?.fleet.command(node.index, effect)
  }

  released(node: SimNode, after: number): void {
    this.#init.watch.released(node, after)
  }

  stepped(node: SimNode, { input, kind, digest, report }: Packet, heldBefore: Hlc): void {
    const { kernel, trace, watch, onInput } = this.#init
    trace.add(kernel.nowUs, node.index, kind, digest)
    if (report !== null) watch.heard(node, report.agent, heldBefore)
    if (onInput !== null) {
      onInput({ atUs: kernel.nowUs, node: node.index, input: input.t, digest: digest.toString(16) })
    }
  }

  #answer(node: SimNode, kind: number, afterUs: number, packet: Packet): void {
    const { kernel } = this.#init
    kernel.schedule(kernel.nowUs + afterUs, kind, node.index, node.epoch, packet)
  }
}
