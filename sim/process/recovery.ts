import type { Recovered } from '../../src/agent/interface.ts'
import { numberOfKey } from '../../src/eventlog/keys.ts'
import { checksumHolds, openRecord } from '../../src/eventlog/record.ts'
import type { Signer } from '../../src/ports.ts'
import type { SimDisk } from '../disk/disk.ts'

export function recoverFrom(disk: SimDisk, signer: Signer): Recovered {
  let seq = 0
  let hash = new Uint8Array(32)
  let quarantined = false
  for (const { key, value } of disk.read()) {
    const n = numberOfKey('event', key)
    if (n === null) continue
    if (n !== seq + 1 || !checksumHolds(value)) quarantined = true
    seq = n
    if (checksumHolds(value)) hash = Uint8Array.from(signer.hash(openRecord(value)))
  }
  return { log: { seq, hash }, quarantined }
}
