import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Command } from 'commander'
import type { RevocationList } from '../../../../src/policy/revocations.ts'
import { AuthorityError } from '../../../authority/authority-error.ts'
import type { TrustView } from '../../../interface.ts'
import { type ApiOptions, clientOf } from '../../options.ts'

type Entry = TrustView['revoked'][number]

/** A node that is given the new list. */
export function withNode(command: Command): Command {
  return command
    .option('--api <url>', 'hand the list to this node: URL, HOST:PORT, PORT or unix:PATH')
    .option('--token-file <file>', 'file with a bearer token of it (SKEIN_API__TOKEN_FILE)')
}

/**
 * Hands a list to a node that runs, or says how that is done: from one it goes to all. Throws AuthorityError when the
 * node keeps another one.
 */
export async function handOver(list: RevocationList, dir: string, options: ApiOptions): Promise<void> {
  if (options.api !== undefined) return handTo(options.api, list, options)
  const lines = [
    `No node knows of it yet. The list is ${join(dir, 'revocations.cbor')}: hand it to any node of the swarm, and it spreads`,
    'from there: skein ca revoke --api URL',
  ]
  process.stderr.write(`${lines.join('\n')}\n`)
}

async function handTo(api: string, list: RevocationList, options: ApiOptions): Promise<void> {
  const client = clientOf(options)
  const { taken, epoch } = await client.postRevocations(list.bytes)
  if (taken) return
  if (epoch < list.epoch)
    refuse(
      `the node at ${api} did not take the list (epoch ${list.epoch}), though it has an older one (epoch ${epoch})`,
      'It disowned the issuing key that signed ours. Make a new one with the root key: skein ca rotate',
    )
  const { revoked } = await client.trust()
  const missing = revoked.filter(entry => !takesBack(list, entry))
  // What one list says of issuing keys is not shown by nodes; it changes with the key that signs, and so with the epoch.
  if (epoch === list.epoch && isSame(list, revoked)) {
    process.stderr.write(`The node at ${api} had this list already (epoch ${epoch})\n`)
    return
  }
  const what =
    epoch === list.epoch
      ? `has another list of the same epoch ${epoch}`
      : `has a newer list (epoch ${epoch}, ours is ${list.epoch})`
  refuse(
    `the node at ${api} ${what}, so nobody was put out: this authority was restored from a backup, or there is another copy of it at work`,
    [
      `See that there is one, then go on after the list of the node: skein ca revoke WHO --after-epoch ${epoch} --api ${api}`,
      ...forgotten(missing),
    ].join('\n'),
  )
}

function isSame({ revocations }: RevocationList, revoked: readonly Entry[]): boolean {
  const text = ({ agent, serial, reason, validTo }: Entry): string =>
    JSON.stringify([agent, serial, reason, validTo?.boot, validTo?.seq])
  return isDeepStrictEqual(revocations.map(text).toSorted(), revoked.map(text).toSorted())
}

/** Whether a list takes back all that an entry of another one does. */
function takesBack(list: RevocationList, { agent, serial }: Entry): boolean {
  return list.revocations.some(entry => entry.agent === agent && entry.serial >= serial)
}

function forgotten(missing: readonly Entry[]): readonly string[] {
  if (missing.length === 0) return []
  const agents = missing.map(({ agent }) => agent).join(', ')
  return [
    `Before that, put out whom our list has forgotten and would let in again: ${agents}`,
    ...missing.map(
      ({ agent, serial, validTo }) =>
        `  skein ca revoke ${agent} --serial ${serial}${validTo === null ? '' : ` --valid-to ${validTo.boot}:${validTo.seq}`}`,
    ),
  ]
}

function refuse(what: string, advice: string): never {
  throw new AuthorityError('AUTHORITY_REFUSED', what, advice)
}
