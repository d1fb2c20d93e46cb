import { readFile } from 'node:fs/promises'
import { fromString } from 'uint8arrays'
import { FrameError } from '../../../protocols/frame-error.ts'
import { verifyEd25519 } from '../../../protocols/identity/ed25519.ts'
import { openHead } from '../../../protocols/trust/head.ts'
import type { LogTrust } from '../../../src/eventlog/log-check.ts'
import { trustView } from '../../api/schema/trust.ts'
import type { TrustView } from '../../interface.ts'
import { UsageError } from '../failure.ts'
import { type ApiOptions, clientOf } from '../options.ts'

/**
 * What a witness says of logs: a node that runs, or its answer to GET /api/v1/trust in a file. Each head is believed
 * for its author's own signature, whoever hands it on. Throws UsageError when the file is none.
 */
export async function trustOf(witness: string): Promise<LogTrust> {
  const view = await viewOf(witness)
  return {
    witnessed: view.witnessed.map(({ head, agent }) => {
      try {
        return openHead(fromString(head, 'hex'), view.swarm, verifyEd25519)
      } catch (error) {
        if (!(error instanceof FrameError) && !(error instanceof SyntaxError)) throw error
        throw new UsageError(
          `--witness ${witness}: the head of ${agent} is not as it was signed: ${error.message}`,
        )
      }
    }),
    revoked: view.revoked,
  }
}

async function viewOf(witness: string): Promise<TrustView> {
  const isFile = await readFile(witness, 'utf8').catch(() => null)
  if (isFile === null) return await clientOf({ api: witness } satisfies ApiOptions).trust()
  const parsed = trustView.safeParse(jsonOf(witness, isFile))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new UsageError(
    `--witness ${witness}: ${issue?.path.join('.')}: ${issue?.message}; save it with: curl URL/api/v1/trust`,
  )
}

function jsonOf(witness: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`--witness ${witness}: ${error instanceof Error ? error.message : error}`)
  }
}
