import type { Batch } from '../../src/eventlog/batch.ts'
import { decodeBatch } from '../../src/eventlog/batch.ts'
import { MalformedError } from '../../src/eventlog/errors.ts'
import { type Entry, rangeOf } from '../../src/eventlog/keys.ts'
import { openRecord } from '../../src/eventlog/record.ts'
import {
  planRetention,
  type RetentionBounds,
  type RetentionPolicy,
  retentionWrites,
} from '../../src/eventlog/retention.ts'
import type { Store } from './interface.ts'

/** Drops what the policy lets go of. Returns the first seq that is still there, or null if nothing was dropped. */
export async function retainLog(
  store: Store,
  policy: RetentionPolicy,
  bounds: RetentionBounds,
  signal: AbortSignal,
): Promise<number | null> {
  const batches: Batch[] = []
  for await (const chunk of store.iterate(rangeOf('batch'), { signal }))
    batches.push(...chunk.flatMap(readable))
  const anchor = planRetention(batches, policy, bounds)
  if (anchor === null) return null
  for (const ops of retentionWrites(batches, anchor.seq)) {
    signal.throwIfAborted()
    await store.write(ops, false, { makesRoom: true })
  }
  return anchor.seq + 1
}

/** A damaged batch record is for the next verification to deal with. */
function readable([, value]: Entry): Batch[] {
  try {
    return [decodeBatch(openRecord(value)).batch]
  } catch (error) {
    if (error instanceof MalformedError) return []
    throw error
  }
}
