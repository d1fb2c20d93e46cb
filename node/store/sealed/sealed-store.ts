import type { KeyObject } from 'node:crypto'
import { crc32c } from '../../../src/eventlog/crc32c.ts'
import type { Entry } from '../../../src/eventlog/keys.ts'
import type { StoreOp } from '../../../src/ports.ts'
import type { Store } from '../interface.ts'
import { createValueCipher, type ValueCipher } from './value-cipher.ts'

/** The same store, its values encrypted. Its keys are not: LevelDB orders them. */
export function sealedStore(store: Store, dataKey: KeyObject): Store {
  const cipher = createValueCipher(dataKey)
  return {
    dir: store.dir,
    reserved: store.reserved,
    write: (ops, sync, options) =>
      store.write(
        ops.map(op => sealed(op, cipher)),
        sync,
        options,
      ),
    async *iterate(range, options) {
      for await (const chunk of store.iterate(range, options)) yield chunk.map(entry => opened(entry, cipher))
    },
    state: () => store.state(),
    sizeBytes: () => store.sizeBytes(),
    get droppedBytes() {
      return store.droppedBytes
    },
    dropHandled: () => store.dropHandled(),
    close: () => store.close(),
  }
}

function sealed(op: StoreOp, cipher: ValueCipher): StoreOp {
  return op.type === 'del' ? op : { ...op, value: cipher.seal(op.key, op.value) }
}

function opened([key, stored]: Entry, cipher: ValueCipher): Entry {
  return [key, cipher.open(key, stored) ?? damaged(stored)]
}

/**
 * What can't be opened, as it was found, behind a checksum that is certain to be wrong: nothing that somebody puts into
 * the store without the key passes for a record, and recovery sets it aside as it does every damaged one.
 */
function damaged(stored: Uint8Array): Uint8Array {
  const record = new Uint8Array(4 + stored.byteLength)
  record.set(stored, 4)
  const wrong = ~crc32c(record, 4)
  for (let i = 0; i < 4; i++) record[i] = wrong >>> (24 - 8 * i)
  return record
}
