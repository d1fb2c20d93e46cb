import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { ROLES, type Role } from '../../../../src/policy/roles.ts'
import { withAuthority } from '../../../authority/directory.ts'
import { fingerprintOf } from '../../../authority/fingerprint.ts'
import { agentOf, keyOf, newSeed } from '../../../authority/keys.ts'
import { type OutputOptions, withExamples } from '../../options.ts'
import { hint, printRecord } from '../../output.ts'
import {
  type BundleOptions,
  extraOf,
  refuseToOverwrite,
  withBundleOptions,
  writeBundle,
} from './bundle-file.ts'
import { certificateFacts, recordOf } from './facts.ts'
import { durationMs, gather, type PlaceOptions, withPlace } from './options.ts'

const DAY_MS = 86_400_000
const LIFE_MS = 7 * DAY_MS

interface Flags extends PlaceOptions, BundleOptions, OutputOptions {
  readonly name: string
  readonly role: readonly Role[]
  readonly cells?: readonly string[]
  readonly for?: number
  readonly agent?: string
  readonly out: string
}

export function issueCommand(): Command {
  const role = new Option('--role <role>', 'what it is for; repeatable').makeOptionMandatory()
  // Shown and completed; checked with everything else.
  role.argChoices = [...ROLES]
  const issue = new Command('issue')
    .summary('give an agent a certificate, in a bundle to join with')
    .description(
      'Gives an agent a certificate and writes all it needs to join into one file. Without --agent the key is made here and goes along: the file is a secret then. With --agent (skein init there prints it) the key never leaves the agent, and nothing in the file is secret but a --psk.',
    )
    .addOption(new Option('--name <name>', 'what people call it').makeOptionMandatory())
    .addOption(role.argParser(gather))
    .addOption(new Option('--cells <list>', 'H3 cells where its rights hold (everywhere)').argParser(gather))
    .addOption(new Option('--for <time>', 'how long (7d)').argParser(durationMs('--for')))
    .option('--agent <peer-id>', 'its own key, made by skein init')
    .addOption(new Option('--out <file>', 'the bundle').makeOptionMandatory())
    .action(issueOne)
  return withExamples(withPlace(withBundleOptions(issue)), [
    ['skein ca issue --name heron --role drone --out heron.bundle', 'key made here'],
    ['skein ca issue --name heron --role drone --agent 12D3Koo… --out heron.bundle', 'no secret'],
  ])
}

async function issueOne(flags: Flags): Promise<void> {
  const { dir, name, cells = [], output } = flags
  const file = resolve(flags.out)
  refuseToOverwrite(file)
  const extra = await extraOf(flags)
  const nowMs = Date.now()
  const key = keyOf(newSeed())
  const isOurKey = flags.agent === undefined
  const agent = flags.agent ?? agentOf(key)
  const grant = { agent, name, roles: flags.role, cells, notAfterMs: nowMs + (flags.for ?? LIFE_MS) }
  const { issued, root } = await withAuthority(dir, { nowMs: () => nowMs, place: null }, async kept => {
    const { authority } = kept
    const issued = authority.issue(grant)
    await kept.saveIssued([issued])
    await writeBundle(file, authority, issued, { ...extra, seed: isOurKey ? key.seed : null })
    return { issued, root: fingerprintOf(authority.founding.rootKey) }
  })
  const secret = secretsOf(isOurKey, extra.psk !== null)
  printRecord(
    { ...recordOf(issued), root, bundle: file, secret: secret !== null },
    [...certificateFacts(issued.certificate), ['bundle', file], ['root', root]],
    output,
  )
  if (secret !== null)
    process.stderr.write(
      `${file} is a secret: it holds ${secret}. Hand it to ${name} alone, then delete it.\n`,
    )
  hint(`next, on ${name}: skein init --join ${flags.out} --root ${root}`)
}

function secretsOf(hasKey: boolean, hasPsk: boolean): string | null {
  if (hasKey) return hasPsk ? "the agent's key and the network's" : "the agent's key"
  return hasPsk ? "the network's key" : null
}
