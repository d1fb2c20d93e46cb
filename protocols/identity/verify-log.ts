import type { LogTrust } from '../../src/eventlog/log-check.ts'
import { type LogVerdict, verifyLog as verifyLines } from '../../src/eventlog/verify-log.ts'
import type { AgentId } from '../../src/ports.ts'
import { sha256, verifyEd25519 } from './ed25519.ts'

export type { LogVerdict }

/**
 * Verifies an exported log of one author: hashes, unbroken chain, contiguous numbers, batch signatures and Merkle
 * roots. `entries`: the NDJSON text of `skein log export`, or its lines, as text or parsed. `keys`: the 32-byte
 * public keys of the authors to believe, by agent id. `trust`: heads that others witnessed and who was revoked. Says where the first fault is; throws nothing.
 */
export function verifyLog(
  entries: string | Iterable<unknown>,
  keys: Readonly<Record<AgentId, Uint8Array>>,
  trust?: LogTrust,
): LogVerdict {
  const lines = typeof entries === 'string' ? linesOf(entries) : entries
  return verifyLines(lines, keys, { hash: sha256, verify: verifyEd25519 }, trust)
}

/** One line at a time: all of them at once would be the whole log once more. */
function* linesOf(text: string): Generator<string> {
  for (let at = 0; at <= text.length; ) {
    const end = text.indexOf('\n', at)
    yield text.slice(at, end === -1 ? text.length : end)
    at = end === -1 ? text.length + 1 : end + 1
  }
}
