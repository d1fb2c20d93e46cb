// A process of its own that appends to a log for ever, one batch after the other, and says on stdout which seq is durable. Encrypted, if given the file of a key.

import { openStore } from '../../../node/store/index.ts'
import { recoverStore } from '../../../node/store/recover-store.ts'
import { unlockData } from '../../../node/store/sealed/unlock.ts'
import { ed25519Signer } from '../../../protocols/identity/ed25519.ts'
import { createEventLog } from '../../../src/eventlog/log.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'

const [, , dir = '', author = '', seed = '', keyFile] = process.argv
const signer = ed25519Signer(Buffer.from(seed, 'hex'))
const key = await unlockData(dir, { file: keyFile ?? null, command: [] })
const store = await openStore(dir, { reserveBytes: 1 << 16, key })
const hlc = hlcOfMs(Date.now())
const signal = new AbortController().signal
const { boot, recovered } = await recoverStore(store, { author, signer, hlc, signal })
const log = createEventLog({ author, boot, signer, head: recovered.log })
for (let i = 0; ; i++) {
  for (let k = 0; k < 8; k++)
    log.append({ type: 'flight.position', subject: '', data: { i, k } }, hlc + i * 8 + k)
  const write = log.flush(i)
  if (write === null) throw new Error('nothing to write')
  await store.write(write.ops, write.sync)
  const last = log.written(i).at(-1)
  process.stdout.write(`${last?.event.seq}\n`)
}
