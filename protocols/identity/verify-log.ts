import { type LogVerdict, verifyLog as verifyLines } from '../../src/eventlog/verify-log.ts'
import type { AgentId } from '../../src/ports.ts'
import { sha256, verifyEd25519 } from './ed25519.ts'

export type { LogVerdict }

/**
 * Verifies an exported log of one author: hashes, unbroken chain, contiguous numbers, batch signatures and Merkle
 * roots. `entries`: the NDJSON text of `skein log export`, or its lines, as text or parsed. `keys`: the 32-byte
 * public keys of the authors to believe, by agent id. Says where the first fault is; throws nothing.
 */
export function verifyLog(
  entries: string | Iterable<unknown>,
  keys: Readonly<Record<AgentId, Uint8Array>>,
): LogVerdict {
  const lines = typeof entries === 'string' ? entries.split('\n') : entries
  return verifyLines(lines, keys, { hash: sha256, verify: verifyEd25519 })
}
