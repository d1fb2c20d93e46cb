import type { Libp2p, PeerId, PeerInfo } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Introduction } from '../../protocols/hello/codec.ts'
import { publicKeyOf } from '../../protocols/identity/agent-id.ts'
import type { AgentId, CellId } from '../../src/ports.ts'
import {
  type Acquaintance,
  backoffUs,
  cellDistance,
  type DialRule,
  FULL_BACKOFF_MAX_US,
  whomToDial,
} from './dial-plan.ts'
import { agentOfAddress, dialableAddress } from './peer-address.ts'
import type { BookedPeer } from './peer-book.ts'

const TICK_MS = 500
const DIAL_TIMEOUT_MS = 6_000
/** Addresses kept of one peer. */
const ADDRESSES_MAX = 16
/** Acquaintances kept; past it the one that failed most goes, bootstrap peers never. */
const BOOK_MAX = 1_024
/** Of those that never answered, told of by one peer. A node introduces 16 at a time. */
const HEARSAY_MAX = 64
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

/** Something heard of a peer. `told`: by itself, or by having answered; `hearsay`: by others. */
interface Meeting {
  readonly key: string
  readonly agent: AgentId | null
  readonly told?: readonly string[]
  readonly hearsay?: readonly string[]
  readonly cell?: CellId | ''
  readonly bootstrap?: boolean
}

type About = Omit<Introduction, 'agent' | 'addresses'>

/**
 * Keeps a node connected: dials bootstrap peers, those it once knew, those it discovers and those it is
 * introduced to, until the target is met, and never gives up on any. (libp2p 3 dials nobody by itself, and its
 * own reconnection forgets a peer after five failures.)
 */
export class PeerKeeper {
  /** Dials after the first of each peer count as redials. */
  readonly counters = { dials: 0, redials: 0 }
  readonly #init: PeerKeeperInit
  readonly #book = new Map<string, Acquaintance>()
  readonly #dialing = new Set<string>()
  readonly #connected = new Set<string>()
  readonly #dialed = new Set<string>()
  /** Of those connected, whom we dialed. */
  readonly #chosen = new Set<AgentId>()
  /** Who told us of those that never answered. */
  readonly #introducers = new Map<string, AgentId>()
  /** Who answered last at an address that names no peer. */
  readonly #answeredAt = new Map<string, AgentId>()
  #timer: NodeJS.Timeout | null = null

  constructor(init: PeerKeeperInit) {
    this.#init = init
    for (const address of init.bootstrap) {
      const agent = agentOfAddress(address)
      this.#meet({ key: agent ?? address, agent, told: [address], bootstrap: true })
    }
    for (const { agent, addresses } of init.booked) this.#meet({ key: agent, agent, told: addresses })
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

  /** `by`: who says that there are these. */
  introduced(by: AgentId, peers: readonly Introduction[]): void {
    for (const { agent, addresses, cell } of peers) {
      if (publicKeyOf(agent) === null) continue
      const isNew = !this.#book.has(agent)
      this.#meet({ key: agent, agent, hearsay: addresses, cell })
      if (isNew && this.#book.has(agent)) this.#noteIntroducer(by, agent)
    }
  }

  /** A peer is up, reached or listening there; says whether one of the addresses is news. */
  up(agent: AgentId, addresses: readonly string[]): boolean {
    const known = new Set(this.#connected.has(agent) ? this.#book.get(agent)?.addresses : [])
    this.#connected.add(agent)
    this.#introducers.delete(agent)
    this.#meet({ key: agent, agent, told: addresses })
    for (const { key } of this.#answeringAs(agent)) this.#update(key, { failures: 0 })
    return this.#book.get(agent)?.addresses.some(address => !known.has(address)) ?? false
  }

  /** A peer went; it is dialed again at once, unless it took its leave. */
  down(agent: AgentId, left: boolean): void {
    this.#parted(agent)
    this.#update(agent, {
      nextDialUs: this.#init.monoUs() + (left ? backoffUs(4, this.#init.random()) : this.#wait(agent)),
    })
  }

  /** A peer that is no peer of ours: left alone for long, not for good (a wrong setting gets mended). */
  refused(agent: AgentId): void {
    this.#parted(agent)
    for (const { key } of this.#answeringAs(agent)) this.#failed(key, 6)
  }

  /** We are somebody else now, as far as others judge: whoever turned us away may be asked again at once. */
  retryAll(): void {
    for (const key of this.#book.keys()) this.#update(key, { failures: 0, nextDialUs: 0 })
  }

  /** A peer has no room for us: asked again later and later, for those it introduced us to are as good. */
  full(agent: AgentId): void {
    this.#parted(agent)
    for (const { key, failures } of this.#answeringAs(agent))
      this.#failed(key, Math.max(3, failures + 1), FULL_BACKOFF_MAX_US)
  }

  #parted(agent: AgentId): void {
    this.#connected.delete(agent)
    this.#chosen.delete(agent)
  }

  readonly #onDiscovery = (event: CustomEvent<PeerInfo>): void => {
    const { id, multiaddrs } = event.detail
    // libp2p calls everyone discovered who connects to us. Whether that is one of ours its hello will tell.
    if (this.#init.libp2p.getConnections(id).length > 0) return
    this.#meet({ key: id.toString(), agent: id.toString(), hearsay: multiaddrs.map(String) })
  }

  /** Whoever introduces us to agents that there are none of displaces those that it told us of before, and no others. */
  #noteIntroducer(by: AgentId, agent: AgentId): void {
    this.#introducers.set(agent, by)
    const told = [...this.#introducers].flatMap(([key, introducer]) => (introducer === by ? [key] : []))
    const oldest = told.find(key => !this.#dialing.has(key))
    if (told.length > HEARSAY_MAX && oldest !== undefined) this.#drop(oldest)
  }

  #drop(key: string): void {
    this.#book.delete(key)
    this.#dialed.delete(key)
    this.#introducers.delete(key)
  }

  #meet({ key, agent, told = [], hearsay = [], cell = '', bootstrap = false }: Meeting): void {
    if (agent === this.#init.libp2p.peerId.toString()) return
    const known = this.#book.get(key)
    if (known === undefined && this.#book.size >= BOOK_MAX && !this.#makeRoom()) return
    const before = known ?? {
      key,
      agent,
      told: [],
      addresses: [],
      cell: '',
      bootstrap,
      failures: 0,
      nextDialUs: this.#init.monoUs() + (bootstrap ? 0 : this.#wait(key)),
    }
    // What the peer itself said, or where it answered, comes first and is displaced by no third party's word.
    const toldNow = distinct([...dialable(told, agent), ...before.told]).slice(0, ADDRESSES_MAX)
    const addresses = distinct([...toldNow, ...dialable(hearsay, agent), ...before.addresses]).slice(
      0,
      ADDRESSES_MAX,
    )
    this.#book.set(key, {
      ...before,
      told: toldNow,
      addresses,
      cell: cell === '' ? before.cell : cell,
      bootstrap: before.bootstrap || bootstrap,
    })
  }

  /** A peer itself, and the addresses at which it was the last to answer. */
  #answeringAs(agent: AgentId): readonly Acquaintance[] {
    return this.known().filter(({ key }) => key === agent || this.#answeredAt.get(key) === agent)
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
    if (worst === undefined) return false
    this.#drop(worst.key)
    return true
  }

  #tick(): void {
    const { rule, ownCell, cellOf, monoUs, blocked } = this.#init
    const open = this.known().filter(({ key, addresses, agent }) => {
      const whom = agent ?? this.#answeredAt.get(key)
      if (whom === undefined) return true
      return addresses.length > 0 && !blocked(whom) && !this.#connected.has(whom)
    })
    const connected = new Map([...this.#connected].map(agent => [agent, cellOf(agent)]))
    const chosen = this.#chosen
    const situation = { connected, chosen, dialing: this.#dialing, ownCell: ownCell(), nowUs: monoUs() }
    for (const known of whomToDial(open, situation, rule)) void this.#dial(known)
  }

  async #dial(known: Acquaintance): Promise<void> {
    const { libp2p, log } = this.#init
    this.#dialing.add(known.key)
    this.counters.dials++
    if (this.#dialed.has(known.key)) this.counters.redials++
    this.#dialed.add(known.key)
    try {
      const signal = AbortSignal.timeout(DIAL_TIMEOUT_MS)
      const connection = await libp2p.dial(
        known.addresses.map(address => multiaddr(address)),
        { signal },
      )
      this.#answered(known, connection.remotePeer)
    } catch (error) {
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
    this.#chosen.add(peer.toString())
    this.#introducers.delete(known.key)
    // Until its hello is through it is neither up nor down: leave it some time before dialing again.
    const againUs = this.#init.monoUs() + backoffUs(3, this.#init.random())
    const nextDialUs = Math.max(againUs, this.#book.get(known.key)?.nextDialUs ?? 0)
    this.#update(known.key, { nextDialUs })
    // The address stays an acquaintance of its own: another peer may answer there one day, as after a new install.
    if (known.agent === null) this.#answeredAt.set(known.key, peer.toString())
  }

  #failed(key: string, failures: number, maxUs?: number): void {
    this.#update(key, {
      failures,
      nextDialUs: this.#init.monoUs() + backoffUs(failures, this.#init.random(), maxUs),
    })
  }
}

function dialable(addresses: readonly string[], agent: AgentId | null): readonly string[] {
  return addresses.flatMap(address => dialableAddress(address, agent) ?? [])
}

const distinct = (addresses: readonly string[]): readonly string[] => [...new Set(addresses)]
