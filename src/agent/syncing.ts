import { type DigestEntry, difference, digestOf } from '../crdt/anti-entropy.ts'
import type { AgentId, CellId, Now, Random } from '../ports.ts'
import type { SignedPosition } from '../position/position.ts'
import type { Heard } from '../position/world.ts'
import { hlcOfMs } from '../time/hlc.ts'
import type { SwarmClock } from '../time/swarm-clock.ts'
import type { AgentConfig } from './config.ts'
import type { AgentCounters } from './counters.ts'
import type { Effect, SyncMessage } from './interface.ts'
import type { Sharing, SharingParts } from './sharing.ts'

/** A digest names at most so many authors, 16 KiB on the wire; the next one goes on from there. */
const DIGEST_MAX = 1_024
/** A delta carries at most so many reports: 64 KiB on the wire. What is left comes with the next round. */
const DELTA_MAX = 256
/** A digest is about so many cells at most, 32 KiB on the wire; who listens to more takes them in turns. */
const CELLS_MAX = 2_048

const keyOf = (heard: Heard): DigestEntry => ({
  agent: heard.signed.position.agent,
  hlc: heard.signed.position.hlc,
})

/**
 * Anti-entropy of positions: what late joiners and healed partitions missed. With every new peer and then with
 * one of them after the other, one per interval, digests of the cells in common are compared and what is newer passed on.
 */
export class Syncing {
  readonly #config: AgentConfig
  readonly #sharing: Sharing
  readonly #counters: AgentCounters
  readonly #random: Random
  readonly #clock: SwarmClock
  readonly #peers: AgentId[] = []
  #nextUs = 0
  #turn = 0
  /** Where the next digest goes on, when all don't fit into one. */
  #digestFrom: AgentId = ''
  #cellsFrom = 0

  constructor({ config, clock, counters }: SharingParts, sharing: Sharing, random: Random) {
    this.#config = config
    this.#clock = clock
    this.#counters = counters
    this.#sharing = sharing
    this.#random = random
  }

  get peers(): readonly AgentId[] {
    return this.#peers
  }

  /** Notes a peer that came or went; false if it was known to be so. */
  peer(peer: AgentId, up: boolean): boolean {
    const at = this.#peers.indexOf(peer)
    if (up === at >= 0) return false
    if (up) this.#peers.push(peer)
    else this.#peers.splice(at, 1)
    return true
  }

  /** Compares notes with `peer` now. */
  greet(peer: AgentId): readonly Effect[] {
    this.#counters.digestsSent++
    const message = this.#digest(this.#cellsInTurn(), this.#digestFrom, true)
    this.#digestFrom = message.digest.to
    // The next cells have their turn once all authors in these have had theirs.
    if (message.digest.to === '') this.#cellsFrom += CELLS_MAX
    return [{ t: 'send', to: peer, message }]
  }

  /**
   * Compares notes with the next peer when the interval is over, so that each has its turn in bounded time. `may`:
   * whether a peer may be told anything; one that was let go of is a peer until its connection has ended.
   */
  tick(now: Now, may: (peer: AgentId) => boolean = () => true): readonly Effect[] {
    if (now.monoUs < this.#nextUs) return []
    // Half an interval of jitter, so that a swarm that started together does not sync together.
    this.#nextUs = now.monoUs + this.#config.syncIntervalMs * 1000 * (0.75 + this.#random.float() / 2)
    const count = Math.max(1, this.#peers.length)
    for (let i = 0; i < count; i++) {
      this.#turn = (this.#turn + 1) % count
      const peer = this.#peers[this.#turn]
      if (peer !== undefined && may(peer)) return this.greet(peer)
    }
    return []
  }

  /** Answers a peer's digest, or takes its delta. */
  receive(from: AgentId, message: SyncMessage, now: Now): readonly Effect[] {
    if (message.t === 'delta') {
      this.#take(message.positions, now)
      return []
    }
    this.#counters.digestsReceived++
    const cells = new Set<CellId>(message.cells)
    const liveSince = hlcOfMs(this.#clock.read(now) - this.#config.position.validMs)
    const inCommon = this.#held(cell => cells.has(cell))
    const { send, lacking } = difference(inCommon, keyOf, message.digest, DELTA_MAX, liveSince)
    const effects: Effect[] = []
    if (send.length > 0) {
      this.#counters.deltaPositionsSent += send.length
      effects.push({
        t: 'send',
        to: from,
        message: { t: 'delta', positions: send.map(heard => heard.signed) },
      })
    }
    if (lacking && message.reply) {
      this.#counters.digestsSent++
      effects.push({
        t: 'send',
        to: from,
        message: this.#digest(
          message.cells.filter(cell => this.#sharing.interest.has(cell)),
          message.digest.from,
          false,
        ),
      })
    }
    return effects
  }

  #take(positions: readonly SignedPosition[], now: Now): void {
    this.#counters.deltaPositionsReceived += positions.length
    for (const signed of positions) {
      if (!this.#sharing.interest.has(signed.cell)) continue
      if (this.#sharing.learn(signed, now)) this.#counters.deltaPositionsTaken++
    }
  }

  #digest(cells: readonly CellId[], from: AgentId, reply: boolean): SyncMessage & { t: 'digest' } {
    const wanted = new Set(cells)
    const held = this.#held(cell => wanted.has(cell))
    return { t: 'digest', cells, digest: digestOf(held, keyOf, DIGEST_MAX, from), reply }
  }

  #cellsInTurn(): readonly CellId[] {
    const joined = this.#sharing.interest.joined()
    if (this.#cellsFrom >= joined.length) this.#cellsFrom = 0
    return joined.slice(this.#cellsFrom, this.#cellsFrom + CELLS_MAX)
  }

  #held(wanted: (cell: CellId) => boolean): Heard[] {
    const held: Heard[] = []
    for (const heard of this.#sharing.world.all()) if (wanted(heard.signed.cell)) held.push(heard)
    return held
  }
}
