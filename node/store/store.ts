import { readdir, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entry, KeyRange } from '../../src/eventlog/keys.ts'
import type { StoreOp } from '../../src/ports.ts'
import { noteHolder, prepareDataDir, removeHolder } from './data-dir.ts'
import { readIfThere, writeFileDurably } from './durable-file.ts'
import { createGroupCommit, type GroupCommit } from './group-commit.ts'
import type { DiskState, IterateOptions, Store, StoreOptions, WriteOptions } from './interface.ts'
import { logPath, readLayout } from './layout.ts'
import { type Database, droppedAtOpen, openLevel, repairLevel } from './level.ts'
import { openReserve, type Reserve } from './reserve.ts'
import { finishSealing } from './sealed/leftovers.ts'
import { sealedStore } from './sealed/sealed-store.ts'
import { isNoSpace, reasonsOf, StoreError } from './store-error.ts'

type Options = Required<Omit<StoreOptions, 'signal' | 'key'>>
const DEFAULTS: Options = { reserveBytes: 64 << 20, fullBelowBytes: 8 << 20, repair: false }
const CHUNK_ENTRIES = 1_000
/** How often free space is looked at, at most, while there is enough, and always while there is not. */
const SPACE_CHECK_MS = 1_000
const DROPPED_FILE = 'dropped'

/**
 * Opens the store of a data directory, which is made if missing.
 * @throws StoreError `store-in-use`, `store-newer-version`, `store-encrypted`, `store-not-encrypted`, `store-corrupt`,
 * `store-unusable`, `store-full`
 */
export async function openStore(dir: string, options: StoreOptions = {}): Promise<Store> {
  const { signal, key = null, ...given } = options
  const all: Options = { ...DEFAULTS, ...given }
  signal?.throwIfAborted()
  const layout = await prepareDataDir(dir, key !== null)
  const path = logPath(dir, layout)
  const reserve = await openReserve(dir)
  const { db, short } = await openWithReserve(dir, path, reserve, all)
  try {
    signal?.throwIfAborted()
    if ((await readLayout(dir)) !== layout) throw converted(dir)
    const dropped = await rememberDropped(dir, path)
    await noteHolder(dir)
    if (key !== null) await finishSealing(dir, key)
    const store = new LevelStore({ dir, path, db, reserve, dropped, short, options: all })
    return key === null ? store : sealedStore(store, key)
  } catch (error) {
    await db.close()
    throw error
  }
}

/** `skein data` let go of its lock between our look at the layout and our own lock. */
function converted(dir: string): StoreError {
  return new StoreError('store-in-use', dir, 'was encrypted or decrypted just now', 'Start again')
}

async function openWithReserve(dir: string, path: string, reserve: Reserve, options: Options) {
  // Not only LevelDB needs some space at a start: so does the boot counter.
  const release = (): Promise<boolean> =>
    options.reserveBytes === null ? Promise.resolve(false) : reserve.release()
  const short = (await freeBytes(dir)) < options.fullBelowBytes && (await release())
  try {
    return { db: await openLevel(dir, path), short }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    if (error.code === 'store-corrupt' && options.repair) return { db: await repairLevel(dir, path), short }
    if (error.code === 'store-full' && (await release()))
      return { db: await openLevel(dir, path), short: true }
    throw error
  }
}

async function freeBytes(dir: string): Promise<number> {
  const facts = await statfs(dir).catch(() => null)
  return facts === null ? Number.POSITIVE_INFINITY : facts.bavail * facts.bsize
}

/** Adds what was dropped at this opening to what nobody has dealt with since an earlier one. */
async function rememberDropped(dir: string, path: string): Promise<number> {
  const file = join(dir, DROPPED_FILE)
  const now = await droppedAtOpen(path)
  const before = Number((await readIfThere(file)) ?? 0) || 0
  if (now > 0) await writeFileDurably(file, `${before + now}\n`)
  return before + now
}

interface Parts {
  readonly dir: string
  /** Of its LevelDB. */
  readonly path: string
  readonly db: Database
  readonly reserve: Reserve
  readonly dropped: number
  /** Opened with the space of the reserve. */
  readonly short: boolean
  readonly options: Options
}

class LevelStore implements Store {
  readonly dir: string
  readonly reserved: Promise<void>
  readonly #path: string
  readonly #reserve: Reserve
  readonly #reserveBytes: number
  readonly #fullBelowBytes: number
  readonly #commits: GroupCommit
  #db: Database
  #droppedBytes: number
  #state: DiskState = 'ok'
  #closing: Promise<void> | null = null
  #checkedAtMs = 0
  #checking: Promise<void> | null = null
  #sizeBytes = 0
  #timer: NodeJS.Timeout | null = null
  /** A failed write leaves LevelDB refusing all others until it is opened again. */
  #mustReopen = false

  constructor({ dir, path, db, reserve, dropped, short, options }: Parts) {
    this.dir = dir
    this.#path = path
    this.#db = db
    this.#reserve = reserve
    this.#reserveBytes = options.reserveBytes ?? 0
    this.#fullBelowBytes = options.fullBelowBytes
    this.#droppedBytes = dropped
    this.#commits = createGroupCommit((ops, sync) => this.#commit(ops, sync))
    if (short) this.#becomeFull()
    this.reserved = this.#checkSpace()
  }

  get droppedBytes(): number {
    return this.#droppedBytes
  }

  async dropHandled(): Promise<void> {
    await rm(join(this.dir, DROPPED_FILE), { force: true })
    this.#droppedBytes = 0
  }

  state(): DiskState {
    return this.#state
  }

  async write(ops: readonly StoreOp[], sync: boolean, options?: WriteOptions): Promise<void> {
    if (this.#closing !== null) throw this.#closed()
    if (this.#state !== 'full' && performance.now() - this.#checkedAtMs > SPACE_CHECK_MS)
      await this.#checkSpace()
    if (this.#state === 'full' && options?.makesRoom !== true) {
      throw new StoreError(
        'store-full',
        this.dir,
        'the disk is full',
        'Free some space: writing then goes on by itself',
      )
    }
    const done = this.#commits.add(ops, sync)
    if (done === null) {
      const advice = 'The disk is slower than what is written to it; try again later'
      throw new StoreError('store-overloaded', this.dir, 'too much waits to be written', advice)
    }
    return done
  }

  async #commit(ops: StoreOp[], sync: boolean): Promise<void> {
    try {
      await this.#batch(ops, sync)
      if (this.#state === 'failing') this.#state = 'ok'
    } catch (error) {
      this.#mustReopen = true
      if (isNoSpace(error) && (await this.#reserve.release())) {
        this.#becomeFull()
        await this.#batch(ops, sync)
        await this.#checkSpace()
        return
      }
      if (isNoSpace(error)) this.#becomeFull()
      else if (this.#state !== 'full') this.#state = 'failing'
      const code = isNoSpace(error) ? 'store-full' : 'store-failing'
      const advice = isNoSpace(error) ? 'Free some space' : 'Look at the disk and the kernel log'
      throw new StoreError(code, this.dir, `a write failed (${reasonsOf(error)})`, advice, { cause: error })
    }
  }

  async #batch(ops: StoreOp[], sync: boolean): Promise<void> {
    if (this.#mustReopen) await this.#reopen()
    // Handed over one by one they take the event loop 0.9 us each, where an array of them takes 1.4.
    const batch = this.#db.batch()
    for (const op of ops) {
      if (op.type === 'put') batch.put(op.key, op.value)
      else batch.del(op.key)
    }
    await batch.write({ sync })
  }

  async #reopen(): Promise<void> {
    await this.#db.close()
    this.#db = await openLevel(this.dir, this.#path)
    this.#mustReopen = false
  }

  async *iterate(
    range: KeyRange,
    options: IterateOptions = {},
  ): AsyncGenerator<readonly Entry[], void, void> {
    if (this.#closing !== null) throw this.#closed()
    const { signal, reverse = false, limit = -1 } = options
    const iterator = this.#db.iterator({ ...range, reverse, limit, highWaterMarkBytes: 1 << 20 })
    let next = iterator.nextv(CHUNK_ENTRIES)
    try {
      for (let chunk = await next; chunk.length > 0; chunk = await next) {
        signal?.throwIfAborted()
        next = iterator.nextv(CHUNK_ENTRIES)
        yield chunk
      }
    } finally {
      await next.catch(() => undefined)
      await iterator.close()
    }
  }

  sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Looks at the free space, once at a time. */
  #checkSpace(): Promise<void> {
    this.#checkedAtMs = performance.now()
    this.#checking ??= this.#look()
      // A directory that cannot be looked at shows by its writes failing.
      .catch(() => undefined)
      .finally(() => {
        this.#checking = null
      })
    return this.#checking
  }

  /**
   * Enters and leaves the full state, and takes the reserve back: as a whole when there is plenty; bit by bit while the
   * disk is full, before somebody else takes what it gave back.
   */
  async #look(): Promise<void> {
    this.#sizeBytes = await sizeOfDir(this.#path)
    const margin = this.#fullBelowBytes
    const free = await freeBytes(this.dir)
    const held = this.#reserve.heldBytes
    const missing = Math.max(0, this.#reserveBytes - held)
    if (missing > 0 && (this.#state === 'full' ? free > margin : free >= missing + 2 * margin)) {
      await this.#reserve.fill(Math.min(this.#reserveBytes, held + free - margin))
    }
    const left = free - (this.#reserve.heldBytes - held)
    const whole = this.#reserve.heldBytes >= this.#reserveBytes
    // Twice the margin to come back, so that the state does not flutter.
    const isFull = this.#state === 'full' ? !whole || left < 2 * margin : left < margin
    if (isFull) this.#becomeFull()
    else this.#leaveFull(left < this.#reserveBytes || !whole ? 'low' : 'ok')
  }

  #becomeFull(): void {
    this.#state = 'full'
    if (this.#closing !== null) return
    this.#timer ??= setInterval(() => void this.#checkSpace(), SPACE_CHECK_MS).unref()
  }

  #leaveFull(to: DiskState): void {
    if (this.#state !== 'failing') this.#state = to
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    // Writes that still look at the free space were asked for as well: they are queued when the look is over.
    await this.#checking
    await this.#commits.idle()
    await this.#checking
    await this.#db.close()
    await removeHolder(this.dir)
  }

  #closed(): StoreError {
    return new StoreError('store-closed', this.dir, 'the store is closed', 'Open it again')
  }
}

async function sizeOfDir(path: string): Promise<number> {
  const names = await readdir(path)
  // A compaction may remove a file between the two calls.
  const sizes = await Promise.all(
    names.map(name =>
      stat(join(path, name)).then(
        facts => facts.size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
