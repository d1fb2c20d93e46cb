import type { StoreOp } from '../../src/ports.ts'

interface Waiting {
  readonly ops: readonly StoreOp[]
  readonly sync: boolean
  readonly bytes: number
  readonly done: PromiseWithResolvers<void>
}

/** What may wait for the disk; a write past it is refused at once. */
const QUEUE_BYTES_MAX = 128 << 20

/**
 * One batch in flight at a time; all writes that came meanwhile are the next, synced if any of them asks for it. So a
 * slow sync is shared by everyone who waits for it, and the order of calls is the order on disk.
 */
export interface GroupCommit {
  /** Null if too much is waiting already. */
  add(ops: readonly StoreOp[], sync: boolean): Promise<void> | null
  /** Resolves when nothing is waiting or in flight. */
  idle(): Promise<void>
}

export function createGroupCommit(commit: (ops: StoreOp[], sync: boolean) => Promise<void>): GroupCommit {
  let waiting: Waiting[] = []
  let waitingBytes = 0
  let running: Promise<void> | null = null

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      waitingBytes = 0
      try {
        await commit(
          group.flatMap(one => one.ops),
          group.some(one => one.sync),
        )
        for (const one of group) one.done.resolve()
      } catch (error) {
        for (const one of group) one.done.reject(error)
      }
    }
    running = null
  }

  function add(ops: readonly StoreOp[], sync: boolean): Promise<void> | null {
    const bytes = ops.reduce(
      (sum, op) => sum + op.key.byteLength + (op.type === 'put' ? op.value.byteLength : 0),
      0,
    )
    if (waiting.length > 0 && waitingBytes + bytes > QUEUE_BYTES_MAX) return null
    const done = Promise.withResolvers<void>()
    waiting.push({ ops, sync, bytes, done })
    waitingBytes += bytes
    running ??= run()
    return done.promise
  }

  return {
    add,
    async idle() {
      while (running !== null) await running
    },
  }
}
