import { existsSync, readFileSync } from 'node:fs'
import { Argument, Command } from 'commander'
import { readAuthority } from '../../../authority/directory.ts'
import { findIssued } from '../../../authority/standing.ts'
import { EXIT } from '../../exit-codes.ts'
import { type OutputOptions, withExamples } from '../../options.ts'
import { printRecord } from '../../output.ts'
import { type PlaceOptions, withPlace } from './options.ts'
import { type Shown, showCredential, showFile } from './shown.ts'

export function showCommand(): Command {
  const show = new Command('show')
    .summary('what a certificate, a bundle or a record says, and whether it holds')
    .description(
      'Shows a certificate that was issued, or a file: a bundle, a founding record, a credential, a revocation list. Verifies it up to the root key. Ends with 1 when it does not hold, or not any more.',
    )
    .addArgument(new Argument('<file-or-name>', 'a file, or the name, agent or serial of a certificate'))
    .action(showOne)
  return withExamples(withPlace(show), [
    ['skein ca show heron', 'what it was given last'],
    ['skein ca show heron.bundle', 'before you trust it'],
    ['skein ca show ~/.local/share/skein/trust/credential.cbor', 'what a node has'],
  ])
}

async function showOne(what: string, { dir, output }: PlaceOptions & OutputOptions): Promise<void> {
  const nowMs = Date.now()
  const authority = await readAuthority(dir, () => nowMs).catch((error: Error) => {
    // A file can often be judged without an authority.
    if (existsSync(what)) return null
    throw error
  })
  const shown: Shown =
    existsSync(what) || authority === null
      ? showFile(what, readFileSync(what), authority, nowMs)
      : showCredential(
          findIssued(authority, what).credential,
          authority.founding,
          authority.revocations,
          nowMs,
        )
  printRecord(
    { ...shown.record, holds: shown.holds, verdict: shown.verdict },
    [...shown.facts, ['verdict', shown.verdict]],
    output,
  )
  process.exitCode = shown.holds ? EXIT.ok : EXIT.failure
}
