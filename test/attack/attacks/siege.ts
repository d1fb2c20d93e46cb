import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '@libp2p/interface'
import { Attacker, type AttackerInit, type Membership } from '../attacker.ts'
import type { Field, Toll } from './attack.ts'

/** Between two tries to get in. */
const KNOCK_AGAIN_MS = 250

/** One way in: a connection that was made, and what is done with it until it is gone. */
export interface Assault {
  readonly address: string
  readonly attacker: Attacker
  /** Says hello, and waits to be let in. @default true */
  readonly greets?: boolean
  /** Made for each connection; the result is called over and over. What it throws befalls who is cut off. */
  strike(connection: Connection): () => Promise<unknown>
}

/** An attack that goes on until it is told to end, and comes back whenever it is thrown out. */
export class Siege {
  readonly field: Field
  readonly signal: AbortSignal
  readonly notes: Record<string, number | string> = {}
  #entries = 0
  #refusals = 0
  readonly #outMs: number[] = []
  readonly #attackers: Attacker[] = []

  constructor(field: Field, signal: AbortSignal) {
    this.field = field
    this.signal = signal
  }

  toll(): Toll {
    return { entries: this.#entries, refusals: this.#refusals, outMs: this.#outMs, notes: this.notes }
  }

  add(note: string, amount = 1): void {
    this.notes[note] = Number(this.notes[note] ?? 0) + amount
  }

  entered(): void {
    this.#entries++
  }

  refused(): void {
    this.#refusals++
  }

  out(afterMs: number): void {
    this.#outMs.push(Math.round(afterMs))
  }

  async attacker(init: Partial<AttackerInit> = {}): Promise<Attacker> {
    const attacker = await Attacker.start({ swarm: this.field.swarm, ...init })
    this.#attackers.push(attacker)
    return attacker
  }

  /** The i-th of the captured memberships. */
  member(i: number): Membership {
    const member = this.field.members[i]
    if (member === undefined) throw new Error(`this attack says that it takes fewer than ${i + 1} members`)
    return member
  }

  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.signal }).catch(() => {})
  }

  /** Gets in again and again, and strikes for as long as it is in. */
  async press({ address, attacker, greets = true, strike }: Assault): Promise<void> {
    while (!this.signal.aborted) {
      const connection = await this.#enter(address, attacker, greets)
      if (connection === null) {
        this.#refusals++
        await this.pause(KNOCK_AGAIN_MS)
        continue
      }
      this.#entries++
      await this.#strike(connection, strike(connection))
      await this.pause(KNOCK_AGAIN_MS)
    }
  }

  async #enter(address: string, attacker: Attacker, greets: boolean): Promise<Connection | null> {
    try {
      return await (greets ? attacker.meet(address, 3) : attacker.knock(address))
    } catch {
      return null
    }
  }

  async #strike(connection: Connection, blow: () => Promise<unknown>): Promise<void> {
    const startedMs = performance.now()
    while (connection.status === 'open' && !this.signal.aborted) {
      await blow().catch(() => {})
      await new Promise(resolve => setImmediate(resolve))
    }
    if (connection.status !== 'open') this.out(performance.now() - startedMs)
  }
}
