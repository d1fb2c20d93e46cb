import type { AgentId, Signer } from '../ports.ts'
import { type Batch, batchSignatureHolds, decodeBatch, type SignedBatch } from './batch.ts'
import { MalformedError } from './errors.ts'
import type { FaultKind } from './fault.ts'
import { type Entry, numberOfKey } from './keys.ts'
import { checksumHolds, payloadOf } from './record.ts'

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
  /**
   * Check every signature; else just that of the newest batch, which vouches for all before it as long as the chain is
   * unbroken. Whoever finds it broken has to look again, thoroughly.
   */
  readonly thorough: boolean
}

/** The batch records of a log, in key order: each is added before the events that it signs. */
export interface BatchIndex {
  add(entry: Entry): void
  /** All were added that come before the next event. */
  complete(): void
  /** The good batch that ends with this event, if there is one. Asked for by rising `seq`: those behind it are let go. */
  endingAt(seq: number): Batch | null
  /** Last event of the newest batch whose signature holds; null = there is none. */
  readonly lastSigned: number | null
  /** How many signatures hold. They overlap nowhere. */
  readonly count: number
  readonly bad: readonly BadBatch[]
}

/** Batches that are behind are not let go of one by one. */
const LET_GO_MIN = 1_024

export function createBatchIndex(init: BatchIndexInit): BatchIndex {
  const bad: BadBatch[] = []
  let good: Batch[] = []
  let count = 0
  let next = 0
  let newest: { readonly signed: SignedBatch; readonly entry: Entry } | null = null

  function add(entry: Entry): void {
    const judged = judge(entry)
    if ('batch' in judged) {
      good.push(judged.batch)
      count += 1
      newest = { signed: judged, entry }
    } else {
      bad.push({ ...judged, entry })
    }
  }

  function complete(): void {
    if (init.thorough || newest === null) return
    const { signed, entry } = newest
    newest = null
    if (batchSignatureHolds(signed, init.publicKey, init.signer)) return
    good.pop()
    count -= 1
    bad.push({ ...falseSignature(signed.batch), entry })
  }

  function judge([key, value]: Entry): SignedBatch | Omit<BadBatch, 'entry'> {
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
    if (init.thorough && !batchSignatureHolds(signed, init.publicKey, init.signer))
      return falseSignature(batch)
    const before = good.at(-1)
    if (before !== undefined && before.last >= batch.first) {
      return { seq, fault: 'format', detail: `batch overlaps the one that ends at event ${before.last}` }
    }
    return signed
  }

  function endingAt(seq: number): Batch | null {
    let batch = good[next]
    while (batch !== undefined && batch.last < seq) batch = good[++next]
    // The newest stays: it says how far the log is signed.
    if (next > LET_GO_MIN && next > good.length / 2) {
      good = good.slice(next - 1)
      next = 1
    }
    return batch?.last === seq ? batch : null
  }

  return {
    add,
    complete,
    endingAt,
    bad,
    get lastSigned() {
      return good.at(-1)?.last ?? null
    },
    get count() {
      return count
    },
  }
}

function falseSignature({ first, last }: Batch): Omit<BadBatch, 'entry'> {
  return { seq: first, fault: 'signature', detail: `signature over events ${first} to ${last} is false` }
}

function decoded(value: Uint8Array): ReturnType<typeof decodeBatch> | string {
  try {
    return decodeBatch(payloadOf(value))
  } catch (error) {
    if (error instanceof MalformedError) return error.message
    throw error
  }
}
