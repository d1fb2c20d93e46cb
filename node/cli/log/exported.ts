import { publicKeyOf } from '../../../protocols/identity/agent-id.ts'
import { sha256, verifyEd25519 } from '../../../protocols/identity/ed25519.ts'
import { verifyLog } from '../../../src/eventlog/verify-log.ts'
import type { AgentId } from '../../../src/ports.ts'
import { UsageError } from '../failure.ts'
import type { Verdict } from './verdict.ts'

/**
 * Verifies the lines of an exported log. An agent's id contains its public key, so a log vouches for the author it
 * names; `expected` says whose log it has to be.
 */
export async function verifyExported(
  exported: AsyncIterable<string>,
  expected: AgentId | undefined,
): Promise<Verdict> {
  if (expected !== undefined && publicKeyOf(expected) === null) {
    throw new UsageError(`--agent ${expected}: is no agent's id (12D3KooW… in skein status)`)
  }
  const lines: string[] = []
  for await (const line of exported) lines.push(line)
  const author = expected ?? authorOf(lines)
  const key = author === null ? null : publicKeyOf(author)
  const keys = author === null || key === null ? {} : { [author]: key }
  const verdict = verifyLog(lines, keys, { hash: sha256, verify: verifyEd25519 })
  if (verdict.ok) return { ...verdict, faults: [] }
  const { fault, seq, line, detail } = verdict
  const found = { fault, first: seq, last: seq, line, detail }
  return {
    ok: false,
    author,
    first: null,
    last: null,
    events: null,
    batches: null,
    faults: [found],
    gaps: [],
  }
}

/** Whose log it says it is: the author of its first event. */
function authorOf(lines: readonly string[]): AgentId | null {
  for (const line of lines) {
    const found = /"author":"([^"]{1,100})"/.exec(line)?.[1]
    if (found !== undefined) return found
  }
  return null
}
