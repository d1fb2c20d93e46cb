import type { Libp2p, PeerId, PeerInfo } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Introduction } from '../../protocols/hello/codec.ts'
import type { AgentId, CellId } from '../../src/ports.ts'
import { type Acquaintance, backoffUs, cellDistance, type DialRule, whomToDial } from './dial-plan.ts'
import type { BookedPeer } from './peer-book.ts'

const TICK_MS = 500
const DIAL_TIMEOUT_MS = 6_000
/** Acquaintances kept; past it the one that failed most goes, bootstrap peers never. */
const BOOK_MAX = 1_024
/** The one with the higher peer id waits so long, so that two that meet don't dial each other at once. */
const POLITE_WAIT_US = 1_000_000

export interface PeerKeeperInit {
  readonly libp2p: Libp2p
  readonly rule: DialRule
  readonly bootstrap: readonly string[]
  readonly booked: readonly BookedPeer[]
  readonly monoUs: () => number
  readonly ownCell: () => CellId | ''
  /** The cell a connected peer flies in; '' = not known. */
  readonly cellOf: (agent: AgentId) => CellId | ''
  readonly random: () => number
  /** Peers that the operator or a test cut us off from are not dialed. */
  readonly blocked: (agent: AgentId) => boolean
  readonly log: (message: string, fields: Record<string, unknown>) => void
}

/** Peers that one is introduced to, or that are introduced to one, at a time. */
export const INTRODUCED_AT_ONCE = 16

type About = Omit<Introduction, 'agent' | 'addresses'>

/**
 * Keeps a node connected: dials bootstrap peers, those it once knew, those it discovers and those it is
 * introduced to, until the target is met, and never gives up on any. (libp2p 3 dials nobody by itself, and its
 * own reconnection forgets a peer after five failures.)
 */
export class PeerKeeper {
  readonly counters = { dials: 0, dialFailures: 0 }
  readonly #init: PeerKeeperInit
  readonly #book = new Map<string, Acquaintance>()
  readonly #dialing = new Set<string>()
  readonly #connected = new Set<string>()
  #timer: NodeJS.Timeout | null = null

  constructor(init: PeerKeeperInit) {
    this.#init = init
    for (const address of init.bootstrap) {
      const agent =
        multiaddr(address)
          .getComponents()
          .findLast(({ name }) => name === 'p2p')?.value ?? null
      this.#meet(agent ?? address, agent, [address], '', true)
    }
    for (const { agent, addresses } of init.booked) this.#meet(agent, agent, addresses, '', false)
  }

  start(): void {
    this.#init.libp2p.addEventListener('peer:discovery', this.#onDiscovery)
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
    this.#tick()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#init.libp2p.removeEventListener('peer:discovery', this.#onDiscovery)
  }

  /** Peers being dialed now. */
  dialing(): ReadonlySet<string> {
    return this.#dialing
  }

  known(): readonly Acquaintance[] {
    return [...this.#book.values()]
  }

  /** Whom to introduce to a peer: connected ones with addresses, those that fly nearest to it first. */
  introductions(to: AgentId, about: (agent: AgentId) => About): readonly Introduction[] {
    return this.nearest(to)
      .map(agent => ({ agent, addresses: this.#addressesOf(agent), ...about(agent) }))
      .filter(({ addresses }) => addresses.length > 0)
      .slice(0, INTRODUCED_AT_ONCE)
  }

  /** What others are told of a peer; null while nobody knows where to reach it. */
  introductionOf(agent: AgentId, about: (agent: AgentId) => About): Introduction | null {
    const addresses = this.#addressesOf(agent)
    return addresses.length === 0 ? null : { agent, addresses, ...about(agent) }
  }

  /** Connected peers but this one, those that fly nearest to it first. */
  nearest(to: AgentId): readonly AgentId[] {
    const { cellOf, random } = this.#init
    const cell = cellOf(to)
    return [...this.#connected]
      .filter(agent => agent !== to)
      .map(agent => ({ agent, rank: cellDistance(cell, cellOf(agent)) + random() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ agent }) => agent)
  }

  introduced(peers: readonly Introduction[]): void {
    for (const { agent, addresses, cell } of peers) this.#meet(agent, agent, addresses, cell, false)
  }

  /** A peer is up, reached or listening there; says whether one of the addresses is news. */
  up(agent: AgentId, addresses: readonly string[]): boolean {
    const known = new Set(this.#connected.has(agent) ? this.#book.get(agent)?.addresses : [])
    this.#connected.add(agent)
    // The bootstrap address that answered is this peer from now on.
    this.#meet(agent, agent, addresses, '', this.#book.get(agent)?.bootstrap ?? false)
    this.#update(agent, { failures: 0 })
    return addresses.some(address => !known.has(address))
  }

  /** A peer went; it is dialed again at once, unless it took its leave. */
  down(agent: AgentId, left: boolean): void {
    this.#connected.delete(agent)
    this.#update(agent, {
      nextDialUs: this.#init.monoUs() + (left ? backoffUs(4, this.#init.random()) : this.#wait(agent)),
    })
  }

  /** A peer that is no peer of ours: left alone for long, not for good (a wrong setting gets mended). */
  refused(agent: AgentId): void {
    this.#connected.delete(agent)
    this.#failed(agent, 6)
  }

  readonly #onDiscovery = (event: CustomEvent<PeerInfo>): void => {
    const { id, multiaddrs } = event.detail
    this.#meet(id.toString(), id.toString(), multiaddrs.map(String), '', false)
  }

  #meet(
    key: string,
    agent: AgentId | null,
    addresses: readonly string[],
    cell: CellId | '',
    bootstrap: boolean,
  ): void {
    if (agent === this.#init.libp2p.peerId.toString()) return
    const known = this.#book.get(key)
    if (known !== undefined) {
      const merged = [...new Set([...addresses, ...known.addresses])].slice(0, 16)
      this.#update(key, {
        addresses: merged,
        cell: cell === '' ? known.cell : cell,
        bootstrap: known.bootstrap || bootstrap,
      })
      return
    }
    if (this.#book.size >= BOOK_MAX && !this.#makeRoom()) return
    const nextDialUs = this.#init.monoUs() + (bootstrap ? 0 : this.#wait(key))
    this.#book.set(key, {
      key,
      agent,
      addresses: addresses.slice(0, 16),
      cell,
      bootstrap,
      failures: 0,
      nextDialUs,
    })
  }

  #addressesOf(agent: AgentId): readonly string[] {
    return this.#book.get(agent)?.addresses.slice(0, 8) ?? []
  }

  #wait(key: string): number {
    return this.#init.libp2p.peerId.toString() < key ? 0 : POLITE_WAIT_US
  }

  #update(key: string, change: Partial<Acquaintance>): void {
    const known = this.#book.get(key)
    if (known !== undefined) this.#book.set(key, { ...known, ...change })
  }

  #makeRoom(): boolean {
    const worst = [...this.#book.values()]
      .filter(known => !known.bootstrap && !this.#connected.has(known.key))
      .sort((a, b) => b.failures - a.failures)[0]
    return worst !== undefined && this.#book.delete(worst.key)
  }

  #tick(): void {
    const { rule, ownCell, cellOf, monoUs, blocked } = this.#init
    const open = this.known().filter(
      ({ addresses, agent }) => addresses.length > 0 && (agent === null || !blocked(agent)),
    )
    const connected = new Map([...this.#connected].map(agent => [agent, cellOf(agent)]))
    const situation = { connected, dialing: this.#dialing, ownCell: ownCell(), nowUs: monoUs() }
    for (const known of whomToDial(open, situation, rule)) void this.#dial(known)
  }

  async #dial(known: Acquaintance): Promise<void> {
    const { libp2p, log } = this.#init
    this.#dialing.add(known.key)
    this.counters.dials++
    try {
      const addresses = known.addresses.map(address => withPeer(address, known.agent))
      const connection = await libp2p.dial(addresses.map(multiaddr), {
        signal: AbortSignal.timeout(DIAL_TIMEOUT_MS),
      })
      this.#answered(known, connection.remotePeer)
    } catch (error) {
      this.counters.dialFailures++
      this.#failed(known.key, known.failures + 1)
      log('dial failed', {
        peer: known.key,
        failures: known.failures + 1,
        reason: error instanceof Error ? error.message : String(error),
      })
    } finally {
      this.#dialing.delete(known.key)
    }
  }

  #answered(known: Acquaintance, peer: PeerId): void {
    if (known.agent !== null) {
      // Until its hello is through it is neither up nor down: leave it some time before dialing again.
      this.#update(known.key, { nextDialUs: this.#init.monoUs() + backoffUs(3, this.#init.random()) })
      return
    }
    this.#book.delete(known.key)
    this.#meet(peer.toString(), peer.toString(), known.addresses, '', true)
  }

  #failed(key: string, failures: number): void {
    this.#update(key, {
      failures,
      nextDialUs: this.#init.monoUs() + backoffUs(failures, this.#init.random()),
    })
  }
}

/** An address that says whom to expect there, so that a stranger at an old address is noticed. */
function withPeer(address: string, agent: AgentId | null): string {
  if (agent === null || multiaddr(address).getComponents().at(-1)?.name === 'p2p') return address
  return `${address}/p2p/${agent}`
}
