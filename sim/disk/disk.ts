import type { Random, StoreOp, WriteToken } from '../../src/ports.ts'

/** Trouble a disk may be in. */
export interface DiskTrouble {
  /** No write succeeds. */
  full: boolean
  /** Each write takes this much longer, µs. */
  slowUs: number
  /** Chance that opening the store fails once. */
  readError: number
}

interface Pending {
  readonly token: WriteToken
  readonly ops: readonly StoreOp[]
}

/** A record as stored. */
export interface Stored {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** What a crash did to what was written but not yet synced. */
export interface CrashLoss {
  readonly kept: number
  readonly lost: number
  readonly torn: boolean
}

/** Mean time of a synced write and the least it takes: a small flash card. */
const SYNC_MIN_US = 500
const SYNC_SPAN_US = 3_000
/** Writes waiting for the disk at most; a shell that lets more pile up is broken. */
export const DISK_MAX_PENDING = 4_096

/**
 * A disk as LevelDB sees it: what is durable, and an ordered list of batches that only the page cache holds.
 * A synced write hardens itself and everything written before it once its time has come. A crash keeps a random
 * prefix of the rest; the next batch may have been half on the platter, and its checksum makes recovery drop it.
 */
export class SimDisk {
  readonly trouble: DiskTrouble = { full: false, slowUs: 0, readError: 0 }
  readonly #random: Random
  readonly #durable = new Map<string, Stored>()
  #pending: Pending[] = []
  #hardened = new Set<WriteToken>()

  constructor(random: Random) {
    this.#random = random
  }

  get pending(): number {
    return this.#pending.length
  }

  /**
   * Takes a batch into the page cache. Returns how long a synced one takes, µs, or null when the disk is full.
   * `reserve`: may use the space kept back for what a node needs in order to start.
   */
  write(token: WriteToken, ops: readonly StoreOp[], reserve = false): number | null {
    if (this.trouble.full && !reserve) return null
    if (this.#pending.length >= DISK_MAX_PENDING) throw new Error('the disk has too many writes pending')
    this.#pending.push({ token, ops })
    return SYNC_MIN_US + this.#random.int(SYNC_SPAN_US) + this.trouble.slowUs
  }

  /** The sync of `token` is done: it and everything before it is durable. */
  harden(token: WriteToken): void {
    const end = this.#pending.findIndex(batch => batch.token === token)
    if (end === -1) return
    for (const batch of this.#pending.splice(0, end + 1)) {
      this.#apply(batch.ops)
      this.#hardened.add(batch.token)
    }
  }

  /** Whether a crash at this very moment would keep the write. The oracle that held effects are checked against. */
  isDurable(token: WriteToken): boolean {
    return this.#hardened.has(token)
  }

  /** The durable value of a key. */
  get(key: Uint8Array): Uint8Array | undefined {
    return this.#durable.get(keyText(key))?.value
  }

  /**
   * The process dies. With `power` cut too, what only the page cache held is lost from some batch on; without, the
   * operating system still writes it all. Tokens of before mean nothing afterwards.
   */
  crash(power: boolean): CrashLoss {
    const batches = this.#pending
    const kept = power ? this.#random.int(batches.length + 1) : batches.length
    for (const batch of batches.slice(0, kept)) this.#apply(batch.ops)
    const torn = kept < batches.length && this.#random.float() < 0.5
    this.#pending = []
    this.#hardened = new Set()
    return { kept, lost: batches.length - kept, torn }
  }

  /** Flips a byte in the middle of the store's log: LevelDB opens without a word, and one record is gone. */
  punchHole(eligible: (stored: Stored) => boolean): Stored | null {
    const records = this.read().filter(eligible)
    const hit = records[this.#random.int(Math.max(1, records.length))]
    if (hit === undefined) return null
    this.#durable.delete(keyText(hit.key))
    return hit
  }

  /** Flips one bit of one record, which reading gives back as it is. */
  flipBit(eligible: (stored: Stored) => boolean): Stored | null {
    const records = this.read().filter(stored => stored.value.length > 0 && eligible(stored))
    const hit = records[this.#random.int(Math.max(1, records.length))]
    if (hit === undefined) return null
    const value = Uint8Array.from(hit.value)
    const at = this.#random.int(value.length)
    value[at] = (value[at] as number) ^ (1 << this.#random.int(8))
    this.#durable.set(keyText(hit.key), { key: hit.key, value })
    return hit
  }

  /** Whether opening the store works this time. */
  opens(): boolean {
    return !(this.trouble.readError > 0 && this.#random.float() < this.trouble.readError)
  }

  /** Everything durable, in the order of the keys' bytes: what a restart finds. */
  read(): readonly Stored[] {
    return [...this.#durable].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stored]) => stored)
  }

  /** Durable records with `gte <= key < lt`, in order. */
  range(gte: Uint8Array, lt: Uint8Array): readonly (readonly [Uint8Array, Uint8Array])[] {
    const [from, to] = [keyText(gte), keyText(lt)]
    const found = [...this.#durable].filter(([key]) => key >= from && key < to)
    return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { key, value }]) => [key, value])
  }

  #apply(ops: readonly StoreOp[]): void {
    for (const op of ops) {
      if (op.type === 'put') this.#durable.set(keyText(op.key), { key: op.key, value: op.value })
      else this.#durable.delete(keyText(op.key))
    }
  }
}

/** One UTF-16 unit a byte: sorts as the bytes do. */
const keyText = (key: Uint8Array): string => String.fromCharCode(...key)
