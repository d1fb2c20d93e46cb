import type { AgentId, Signer } from '../ports.ts'
import { type Batch, batchSignatureHolds, decodeBatch } from './batch.ts'
import { MalformedError } from './errors.ts'
import type { FaultKind } from './fault.ts'
import { type Entry, numberOfKey } from './keys.ts'
import { checksumHolds, openRecord } from './record.ts'

export interface BadBatch {
  /** Where the batch begins: by its key, or by its content if the key is wrong. */
  readonly seq: number
  readonly fault: FaultKind
  readonly detail: string
  readonly entry: Entry
}

export interface BatchIndexInit {
  readonly author: AgentId
  readonly publicKey: Uint8Array
  readonly signer: Pick<Signer, 'verify'>
}

/** The batch records of a log, read before its events because their keys sort first. */
export interface BatchIndex {
  add(entry: Entry): void
  /** Batches whose signature holds, by rising `first`, none overlapping. */
  readonly good: readonly Batch[]
  readonly bad: readonly BadBatch[]
}

export function createBatchIndex(init: BatchIndexInit): BatchIndex {
  const good: Batch[] = []
  const bad: BadBatch[] = []

  function add(entry: Entry): void {
    const judged = judge(entry)
    if ('batch' in judged) good.push(judged.batch)
    else bad.push({ ...judged, entry })
  }

  function judge([key, value]: Entry): { readonly batch: Batch } | Omit<BadBatch, 'entry'> {
    const seq = numberOfKey('batch', key) ?? 0
    if (!checksumHolds(value)) return { seq, fault: 'checksum', detail: 'checksum of the batch record fails' }
    const signed = decoded(value)
    if (typeof signed === 'string') return { seq, fault: 'format', detail: signed }
    const { batch } = signed
    if (batch.first !== seq) {
      const detail = `batch of event ${batch.first} is kept under the key of ${seq}`
      return { seq: batch.first, fault: 'format', detail }
    }
    if (batch.author !== init.author) return { seq, fault: 'author', detail: `batch is by ${batch.author}` }
    if (!batchSignatureHolds(signed, init.publicKey, init.signer)) {
      const detail = `signature over events ${batch.first} to ${batch.last} is false`
      return { seq, fault: 'signature', detail }
    }
    const before = good.at(-1)
    if (before !== undefined && before.last >= batch.first) {
      return { seq, fault: 'format', detail: `batch overlaps the one that ends at event ${before.last}` }
    }
    return { batch }
  }

  return { add, good, bad }
}

function decoded(value: Uint8Array): ReturnType<typeof decodeBatch> | string {
  try {
    return decodeBatch(openRecord(value))
  } catch (error) {
    if (error instanceof MalformedError) return error.message
    throw error
  }
}
