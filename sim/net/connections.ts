import { linkId } from './cuts.ts'

/** What connections need to know of the world. */
export interface Surroundings {
  /** Whether the process runs (paused ones run not). */
  running(node: number): boolean
  /** Whether bytes get through both ways. */
  reachable(a: number, b: number): boolean
  distanceM(a: number, b: number): number
  near(node: number, visit: (other: number, distanceM: number) => void): void
  /** Whether one of them calls the other: not soon again after it was turned away. */
  mayCall(a: number, b: number): boolean
  /** A side learns that the other came or went. */
  tell(node: number, peer: number, up: boolean): void
}

interface Connection {
  readonly a: number
  readonly b: number
  up: boolean
  /** Since when it is up, if it is. */
  upSinceUs: number
  /** Since when nothing gets through; -1 = it does. */
  silentSinceUs: number
  /** When the last message of each direction arrives, so that streams keep their order. */
  lastAtoB: number
  lastBtoA: number
}

/** Connections a node keeps to others in range; it may have up to twice as many in all, for others make theirs to it. */
const DEGREE = 6
/** The connection monitor gives a silent peer this long. */
const SILENCE_US = 12_000_000
/** A broken connection is dialled again while its ends are nearer than this. */
const REDIAL_WITHIN_M = 4_000

/**
 * The peer-to-peer connections of the swarm, reviewed once a second. A node with too few of them in
 * radio range dials the nearest there. A silent connection is given up after 12 s, one whose process died at once; both are dialled
 * again until they answer (the peer keeper never gives up). Over its limit a node closes the longest.
 */
export class Connections {
  readonly #world: Surroundings
  readonly #all = new Map<number, Connection>()
  readonly #of: Map<number, Connection>[]

  constructor(count: number, world: Surroundings) {
    this.#world = world
    this.#of = Array.from({ length: count }, () => new Map())
  }

  /** Peers a node is connected to now. */
  peers(node: number): number[] {
    const peers: number[] = []
    for (const [other, connection] of this.#mine(node)) if (connection.up) peers.push(other)
    return peers
  }

  /** Peers a node has been connected to since `sinceUs` or before. */
  peersSince(node: number, sinceUs: number): number[] {
    const peers: number[] = []
    for (const [other, { up, upSinceUs }] of this.#mine(node))
      if (up && upSinceUs <= sinceUs) peers.push(other)
    return peers
  }

  isUp(a: number, b: number): boolean {
    return this.#mine(a).get(b)?.up === true
  }

  /** One side hangs up. */
  close(a: number, b: number): void {
    const connection = this.#mine(a).get(b)
    if (connection === undefined) return
    if (connection.up) {
      connection.up = false
      this.#tellBoth(connection)
    }
    this.#forget(connection)
  }

  /** When a message sent now that takes `delayUs` arrives, behind whatever was sent before; null = not connected. */
  arrival(from: number, to: number, nowUs: number, delayUs: number): number | null {
    const connection = this.#mine(from).get(to)
    if (connection === undefined || !connection.up) return null
    if (from === connection.a) {
      connection.lastAtoB = Math.max(connection.lastAtoB + 1, nowUs + delayUs)
      return connection.lastAtoB
    }
    connection.lastBtoA = Math.max(connection.lastBtoA + 1, nowUs + delayUs)
    return connection.lastBtoA
  }

  /** The process of `node` died: its sockets close, and whoever can be reached sees it at once. */
  died(node: number): void {
    for (const [other, connection] of this.#mine(node)) {
      if (!connection.up || !this.#world.running(other) || !this.#world.reachable(node, other)) continue
      connection.up = false
      this.#world.tell(other, node, false)
    }
  }

  review(nowUs: number): void {
    for (const connection of this.#all.values()) this.#check(connection, nowUs)
    for (let node = 0; node < this.#of.length; node++) {
      if (!this.#world.running(node)) continue
      this.#dialNearest(node, nowUs)
      this.#closeLongest(node)
    }
  }

  #check(connection: Connection, nowUs: number): void {
    const { a, b } = connection
    const world = this.#world
    const through = world.running(a) && world.running(b) && world.reachable(a, b)
    if (through) connection.silentSinceUs = -1
    else if (connection.silentSinceUs < 0) connection.silentSinceUs = nowUs
    if (through === connection.up) return
    if (through && !world.mayCall(a, b)) return
    if (through) {
      connection.up = true
      connection.upSinceUs = nowUs
      this.#tellBoth(connection)
    } else if (nowUs - connection.silentSinceUs >= SILENCE_US) {
      connection.up = false
      this.#tellBoth(connection)
    }
    if (!connection.up && world.distanceM(a, b) > REDIAL_WITHIN_M) this.#forget(connection)
  }

  /** A node that starts knows nobody: connections its last life left half open are made anew. */
  started(node: number): void {
    for (const [other, connection] of this.#mine(node)) {
      if (connection.up && this.#world.running(other)) this.#world.tell(other, node, false)
      connection.up = false
    }
  }

  /** Keeps `DEGREE` connections into the surroundings: those to drones that flew away serve no topic in common. */
  #dialNearest(node: number, nowUs: number): void {
    const mine = this.#mine(node)
    let missing = DEGREE
    const found: { other: number; distanceM: number }[] = []
    this.#world.near(node, (other, distanceM) => {
      if (mine.has(other)) missing--
      else if (this.#mine(other).size < 2 * DEGREE) found.push({ other, distanceM })
    })
    if (missing <= 0) return
    found.sort((p, q) => p.distanceM - q.distanceM || p.other - q.other)
    for (const { other } of found) {
      if (missing <= 0) break
      if (!this.#world.running(other) || !this.#world.reachable(node, other)) continue
      if (!this.#world.mayCall(node, other)) continue
      this.#connect(node, other, nowUs)
      missing--
    }
  }

  #connect(a: number, b: number, nowUs: number): void {
    const connection: Connection = {
      a,
      b,
      up: true,
      upSinceUs: nowUs,
      silentSinceUs: -1,
      lastAtoB: 0,
      lastBtoA: 0,
    }
    this.#all.set(linkId(a, b), connection)
    this.#mine(a).set(b, connection)
    this.#mine(b).set(a, connection)
    this.#tellBoth(connection)
  }

  #closeLongest(node: number): void {
    const mine = this.#mine(node)
    while (mine.size > 2 * DEGREE) {
      let longest: Connection | null = null
      let longestM = -1
      for (const [other, connection] of mine) {
        const distanceM = this.#world.distanceM(node, other)
        if (distanceM > longestM) {
          longestM = distanceM
          longest = connection
        }
      }
      if (longest === null) return
      if (longest.up) {
        longest.up = false
        this.#tellBoth(longest)
      }
      this.#forget(longest)
    }
  }

  #tellBoth({ a, b, up }: Connection): void {
    if (this.#world.running(a)) this.#world.tell(a, b, up)
    if (this.#world.running(b)) this.#world.tell(b, a, up)
  }

  #forget(connection: Connection): void {
    this.#all.delete(linkId(connection.a, connection.b))
    this.#mine(connection.a).delete(connection.b)
    this.#mine(connection.b).delete(connection.a)
  }

  #mine(node: number): Map<number, Connection> {
    return this.#of[node] as Map<number, Connection>
  }
}
