import { sealAck, sealCommand } from '../../protocols/command/codec.ts'
import { FrameError } from '../../protocols/frame-error.ts'
import { decodeHello, encodeHello, PROTOCOL_VERSION } from '../../protocols/hello/codec.ts'
import { type OpenedCredential, openCredential } from '../../protocols/trust/certificate.ts'
import { openHead, sealHead } from '../../protocols/trust/head.ts'
import type { TrustDecoderInit } from '../../protocols/trust/messages.ts'
import { openRevocations } from '../../protocols/trust/revocations.ts'
import type { Effect, Shown } from '../../src/agent/interface.ts'
import type { TrustPort } from '../../src/agent/trust-port.ts'
import { equalBytes } from '../../src/bytes.ts'
import type { AgentId } from '../../src/ports.ts'
import type { TrustWatch } from '../invariants/trust-watch.ts'
import { EVENT } from '../kernel/events.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { digestBytes } from '../kernel/trace.ts'
import type { Air } from '../net/air.ts'
import type { Connections } from '../net/connections.ts'
import { linkId } from '../net/cuts.ts'
import { type Packet, packetOf, type SimNode } from '../process/node.ts'
import type { Doors } from './doors.ts'
import type { Members } from './members.ts'

/** Whoever was refused is called again after half of this to all of it, as the peer keeper of a node does. */
const REFUSED_FOR_US = 30_000_000
/** How long it may take until an expelled peer has hung up; until then the agent has it as a peer. */
const HANG_UP_US = 1_000_000
/** Messages of one stream that wait until something gets through again. */
const UNSENT_MAX = 256

export interface ClosedSwarmInit {
  readonly kernel: Kernel<Packet>
  readonly nodes: readonly SimNode[]
  readonly air: Air
  readonly connections: Connections
  readonly trust: TrustDecoderInit
  readonly members: Members
  readonly doors: Doors
  readonly watch: TrustWatch
}

/**
 * What a closed swarm does before and besides an open one: both sides of a new connection say hello, and only whom
 * the agent lets in is a peer. Reports go as far as peers pass them on. Streams lose nothing while their connection lasts.
 */
export class ClosedSwarm {
  readonly members: Members
  refusals = 0
  readonly #init: ClosedSwarmInit
  readonly #indexOf: ReadonlyMap<AgentId, number>
  readonly #opened = new Map<number, { readonly bytes: Uint8Array; readonly opened: OpenedCredential }>()
  /** By directed link. */
  readonly #unsent = new Map<number, { readonly from: SimNode; readonly to: SimNode; packets: Packet[] }>()

  constructor(init: ClosedSwarmInit) {
    this.#init = init
    this.members = init.members
    this.#indexOf = new Map(init.nodes.map(node => [node.id, node.index]))
  }

  get trust(): TrustDecoderInit {
    return this.#init.trust
  }

  /** Whether two nodes connect now: not soon again after one turned the other away. */
  mayCall(a: number, b: number): boolean {
    return this.#init.doors.mayCall(a, b, this.#init.kernel.nowUs)
  }

  /** What the agent of a node is given. Its log is all that it remembers by. */
  port(node: SimNode): TrustPort {
    const { genesis, verify } = this.#init.trust
    const { swarm } = genesis
    const { sign } = node.signer
    return {
      genesis,
      own: this.members.credential(node.index),
      revocations: null,
      sealHead: head => sealHead(head, swarm, sign),
      sealCommand: command => sealCommand(command, swarm, sign),
      sealAck: ack => sealAck(ack, swarm, sign),
      recall: {
        revocations: bytes => ifItHolds(() => openRevocations(bytes, genesis, verify)),
        head: bytes => ifItHolds(() => openHead(bytes, swarm, verify)),
      },
    }
  }

  /** A connection of `node` came up, or is gone. */
  connected(node: SimNode, peer: SimNode, up: boolean): void {
    const { doors } = this.#init
    if (!up) this.#closed(node, peer, 20_000)
    else {
      doors.meet(node.index, peer.index)
      this.#sayHello(node, peer)
    }
  }

  /** The agent has judged a hello. */
  admission(node: SimNode, { peer: id, judgement }: Effect & { t: 'admission' }): void {
    const { doors, watch, kernel } = this.#init
    const peer = this.#node(id)
    // A hello that waited while its connection broke lets nobody in.
    if (peer === null || !doors.awaits(node.index, peer.index)) return
    watch.judged(node, peer, judgement)
    if ('refusal' in judgement) this.#turnAway(node, peer)
    else {
      doors.letIn(node.index, peer.index)
      const input = { t: 'peer', peer: id, up: true, why: `node-${peer.index}` } as const
      node.handle(packetOf(input, peer.index * 2 + 1), kernel.nowUs)
    }
  }

  expel(node: SimNode, { peer: id }: Effect & { t: 'expel' }): void {
    const peer = this.#node(id)
    if (peer === null || !this.#init.doors.isIn(node.index, peer.index)) return
    this.#closed(node, peer, HANG_UP_US)
    this.#turnAway(node, peer)
  }

  /** Sends over the stream of two who let each other in; what can't get through waits as long as the connection lasts. */
  send(from: SimNode, to: SimNode, packet: Packet): void {
    const { doors, watch } = this.#init
    watch.sent(from, to, doors.turnedAway(from.index, to.index))
    if (doors.isIn(from.index, to.index)) this.#transmit(from, to, packet)
  }

  /** Something has come to a node; null = it does not take it from there. */
  taken(node: SimNode, packet: Packet): Packet | null {
    const { input, report } = packet
    if (report !== null && input.t === 'position') {
      const from = this.#passedOnBy(node, report.agent, report.author)
      return from === input.from ? packet : { ...packet, input: { ...input, from } }
    }
    // It is back before the agent was told that it had gone.
    if (input.t === 'peer' && !input.up && this.#isInside(node, input.peer)) return null
    if (input.t !== 'sync') return packet
    return this.#isInside(node, input.from) ? packet : null
  }

  died(node: SimNode): void {
    const { doors, nodes } = this.#init
    doors.died(node.index)
    for (const { index } of nodes) this.#unsent.delete(linkId(node.index, index))
  }

  /** Once a second: what waited goes out, and connections that broke while a process was paused are noticed. */
  second(): void {
    const { nodes, doors, connections, kernel, watch } = this.#init
    for (const [id, { from, to, packets }] of [...this.#unsent]) {
      this.#unsent.delete(id)
      for (const packet of packets) this.#transmit(from, to, packet)
    }
    for (const node of nodes) {
      if (!node.running(kernel.nowUs)) continue
      for (const peer of [...doors.inside(node.index)]) {
        if (!connections.isUp(node.index, peer)) this.#closed(node, nodes[peer] as SimNode, 0)
      }
    }
    watch.second()
  }

  /** The authority takes a node's certificate back and hands the list to another; false = nobody is there to take it. */
  revoke(node: number, to: number): boolean {
    const { nodes, kernel } = this.#init
    for (let i = 0; i < nodes.length; i++) {
      const taker = nodes[(to + i) % nodes.length] as SimNode
      if (taker.index === node || !taker.running(kernel.nowUs)) continue
      const list = this.members.revoke(node, Math.floor(kernel.nowUs / 1000))
      taker.act((agent, now) => agent.revoke(list, now).effects, kernel.nowUs)
      return true
    }
    return false
  }

  /** The authority renews a node's certificate; whoever turned it away is called again at once. */
  renew(node: SimNode): boolean {
    const { kernel, doors } = this.#init
    const credential = this.members.renew(node.index)
    doors.callAgain(node.index)
    node.act((agent, now) => agent.renew(credential, now).effects, kernel.nowUs)
    return true
  }

  #sayHello(node: SimNode, peer: SimNode): void {
    const trusting = node.agent?.trusting
    if (!trusting) return
    const bytes = encodeHello({
      t: 'hello',
      hello: {
        protocol: PROTOCOL_VERSION,
        swarm: this.#init.trust.genesis.swarm,
        name: `node-${node.index}`,
        role: 'drone',
        boot: node.boot,
        version: 'sim',
        instance: `${node.index}/${node.epoch}`,
        epoch: trusting.membership.epoch,
        credential: trusting.own.bytes,
      },
    })
    const frame = decodeHello(bytes)
    if (frame.t !== 'hello' || frame.hello.credential === null)
      throw new Error('a hello lost its certificate')
    const { boot, instance, epoch, credential } = frame.hello
    const shown: Shown = { opened: this.#open(credential), boot, instance, epoch }
    this.#transmit(node, peer, packetOf({ t: 'hello', peer: node.id, shown }, digestBytes(bytes)))
  }

  /** A credential is opened and verified once, however often it is shown. */
  #open(bytes: Uint8Array): OpenedCredential {
    const digest = digestBytes(bytes)
    const known = this.#opened.get(digest)
    if (known !== undefined && equalBytes(known.bytes, bytes)) return known.opened
    const { genesis, verify } = this.#init.trust
    const opened = openCredential(bytes, genesis, verify)
    this.#opened.set(digest, { bytes, opened })
    return opened
  }

  /** Tells a peer that it may not come in, and nothing else. */
  #turnAway(node: SimNode, peer: SimNode): void {
    const { doors, connections, kernel } = this.#init
    this.refusals++
    const againUs = kernel.nowUs + REFUSED_FOR_US * (0.5 + node.lot.float() / 2)
    connections.close(node.index, peer.index)
    doors.turnAway(node.index, peer.index, againUs)
  }

  /** The connection is gone; the agent hears of it within `withinUs`. */
  #closed(node: SimNode, peer: SimNode, withinUs: number): void {
    const { doors, kernel } = this.#init
    this.#unsent.delete(linkId(node.index, peer.index))
    if (!doors.close(node.index, peer.index)) return
    const input = { t: 'peer', peer: peer.id, up: false, why: 'connection lost' } as const
    const atUs = kernel.nowUs + 1_000 + node.lot.int(withinUs + 1)
    kernel.schedule(atUs, EVENT.input, node.index, node.epoch, packetOf(input, peer.index * 2))
  }

  #transmit(from: SimNode, to: SimNode, packet: Packet): void {
    const { air, connections } = this.#init
    if (!connections.isUp(from.index, to.index)) return
    const id = linkId(from.index, to.index)
    const waiting = this.#unsent.get(id)
    if (waiting === undefined && air.send(from.index, to.index, packet, connections)) return
    if (waiting === undefined) this.#unsent.set(id, { from, to, packets: [packet] })
    else if (waiting.packets.length < UNSENT_MAX) waiting.packets.push(packet)
  }

  /** Of whom a node has a report: its author, or a peer that believes the author and so passes it on. */
  #passedOnBy(node: SimNode, author: AgentId, index: number): AgentId {
    if (this.#believes(node, author)) return author
    const { doors, nodes } = this.#init
    const peers = doors.inside(node.index)
    if (peers.has(index)) return author
    for (const peer of peers) {
      const other = nodes[peer] as SimNode
      if (this.#believes(other, author)) return other.id
    }
    return author
  }

  #believes({ agent, clock }: SimNode, author: AgentId): boolean {
    if (!agent?.trusting) return false
    const nowMs = agent.clock.read(clock.read(this.#init.kernel.nowUs))
    return agent.trusting.membership.standing(author, nowMs) !== null
  }

  #isInside(node: SimNode, id: AgentId): boolean {
    const peer = this.#indexOf.get(id)
    return peer !== undefined && this.#init.doors.isIn(node.index, peer)
  }

  #node(id: AgentId): SimNode | null {
    return this.#init.nodes[this.#indexOf.get(id) ?? -1] ?? null
  }
}

function ifItHolds<T>(open: () => T): T | null {
  try {
    return open()
  } catch (error) {
    if (error instanceof FrameError) return null
    throw error
  }
}
