import { decodeBatch } from '../../src/eventlog/batch.ts'
import { MalformedError } from '../../src/eventlog/errors.ts'
import { type Entry, rangeOf } from '../../src/eventlog/keys.ts'
import { openRecord } from '../../src/eventlog/record.ts'
import { createRecovery, type RecoveredLog } from '../../src/eventlog/recover.ts'
import type { AgentId, Signer } from '../../src/ports.ts'
import type { Hlc } from '../../src/time/hlc.ts'
import { nextBoot, readBoot, writeBoot } from './boot-counter.ts'
import type { Store } from './interface.ts'

export interface RecoverStoreInit {
  readonly author: AgentId
  readonly signer: Signer
  /** A stamp of now. */
  readonly hlc: Hlc
  readonly signal: AbortSignal
  /** Verify everything, not only what comes after the newest snapshot. @default false */
  readonly full?: boolean
}

export interface RecoveredStore {
  readonly boot: number
  readonly recovered: RecoveredLog
}

/**
 * Counts this boot, verifies the log, and writes what recovery asks for: when this resolves the log can go on.
 * @throws UnsupportedVersionError for records of a newer program, before anything of the log is changed
 */
export async function recoverStore(store: Store, init: RecoverStoreInit): Promise<RecoveredStore> {
  const { signal } = init
  const reached = (await readBoot(store.dir))?.logSeq ?? 0
  const boot = await nextBoot(store.dir, await newestBoot(store, signal))
  const recovered = await verifyStore(store, { ...init, boot, reached })
  if (recovered.ops.length > 0) await store.write(recovered.ops, true, { makesRoom: true })
  await writeBoot(store.dir, { boot, logSeq: recovered.log.seq })
  if (store.droppedBytes > 0) await store.dropHandled()
  return { boot, recovered }
}

/** Verifies without changing anything. */
export async function verifyStore(
  store: Store,
  init: RecoverStoreInit & { readonly boot: number; readonly reached?: number },
): Promise<RecoveredLog> {
  const recovery = createRecovery({ ...init, droppedBytes: store.droppedBytes })
  for (let range = recovery.range; range !== null; range = recovery.range) {
    for await (const chunk of store.iterate(range, { signal: init.signal })) recovery.feed(chunk)
    recovery.rangeEnd()
  }
  return recovery.result()
}

/** The boot that wrote the newest batch; 0 if none can be read. */
async function newestBoot(store: Store, signal: AbortSignal): Promise<number> {
  for await (const chunk of store.iterate(rangeOf('batch'), { signal, reverse: true, limit: 16 })) {
    return Math.max(0, ...chunk.map(bootOf))
  }
  return 0
}

function bootOf([, value]: Entry): number {
  try {
    return decodeBatch(openRecord(value)).batch.boot
  } catch (error) {
    if (error instanceof MalformedError) return 0
    throw error
  }
}
