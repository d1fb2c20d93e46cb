import { join } from 'node:path'
import type { Command } from 'commander'
import type { RevocationList } from '../../../../src/policy/revocations.ts'
import { type ApiOptions, clientOf } from '../../options.ts'

/** A node that is given the new list. */
export function withNode(command: Command): Command {
  return command
    .option('--api <url>', 'hand the list to this node: URL, HOST:PORT, PORT or unix:PATH')
    .option('--token-file <file>', 'file with a bearer token of it (SKEIN_API__TOKEN_FILE)')
}

/** Hands a list to a node that runs, or says how that is done: from one it goes to all. */
export async function handOver(list: RevocationList, dir: string, options: ApiOptions): Promise<void> {
  if (options.api !== undefined) return clientOf(options).postRevocations(list.bytes)
  const lines = [
    `No node knows of it yet. The list is ${join(dir, 'revocations.cbor')}: hand it to any node of the swarm, and it spreads`,
    'from there: skein ca revoke --api URL',
  ]
  process.stderr.write(`${lines.join('\n')}\n`)
}
