import { publicKeyOf } from '../../../protocols/identity/agent-id.ts'
import { sha256, verifyEd25519 } from '../../../protocols/identity/ed25519.ts'
import { LogCheck, type LogTrust } from '../../../src/eventlog/log-check.ts'
import type { AgentId } from '../../../src/ports.ts'
import { UsageError } from '../failure.ts'
import type { Verdict } from './verdict.ts'

/**
 * Verifies the lines of an exported log. An agent's id contains its public key, so a log vouches for the author it
 * names; `expected` says whose log it has to be, `trust` what others know of it.
 */
export async function verifyExported(
  exported: AsyncIterable<string>,
  expected: AgentId | undefined,
  trust?: LogTrust,
): Promise<Verdict> {
  if (expected !== undefined && publicKeyOf(expected) === null) {
    throw new UsageError(`--agent ${expected}: is no agent's id (12D3KooW… in skein status)`)
  }
  const keyOf = (author: AgentId) =>
    expected === undefined || expected === author ? publicKeyOf(author) : null
  const check = new LogCheck({
    keyOf,
    signer: { hash: sha256, verify: verifyEd25519 },
    ...(trust && { trust }),
  })
  for await (const line of exported) if (check.add(line) !== null) break
  const verdict = check.end()
  if (verdict.ok) return { ...verdict, faults: [] }
  const { fault, seq, line, detail } = verdict
  const found = { fault, first: seq, last: seq, line, detail }
  return {
    ok: false,
    author: expected ?? check.author,
    first: null,
    last: null,
    events: null,
    batches: null,
    faults: [found],
    gaps: [],
  }
}
