import { join, resolve } from 'node:path'
import { Argument, Command, Option } from 'commander'
import type { Authority, Issued } from '../../../authority/authority.ts'
import { AuthorityError } from '../../../authority/authority-error.ts'
import { withAuthority } from '../../../authority/directory.ts'
import { findIssued, newestOfEach } from '../../../authority/standing.ts'
import { UsageError } from '../../failure.ts'
import { type OutputOptions, withExamples } from '../../options.ts'
import { type Column, hint, printRows } from '../../output.ts'
import {
  type BundleOptions,
  extraOf,
  refuseToOverwrite,
  withBundleOptions,
  writeBundle,
} from './bundle-file.ts'
import { minute, recordOf } from './facts.ts'
import { durationMs, type PlaceOptions, withPlace } from './options.ts'

interface Flags extends PlaceOptions, BundleOptions, OutputOptions {
  readonly all?: boolean
  readonly for?: number
  readonly out: string
}

/** One that was renewed. */
interface Renewal {
  readonly before: Issued
  readonly after: Issued
  readonly bundle: string
}

export function renewCommand(): Command {
  const renew = new Command('renew')
    .summary('give the same again, with new dates and a new serial')
    .description(
      'Gives agents the same rights again, under a new serial and with new dates. The bundles hold no key: every agent has its own. They take effect on nodes that run, without a restart.',
    )
    .addArgument(new Argument('[who]', 'name, agent or serial'))
    .option('--all', 'everyone whose certificate has not ended or been revoked')
    .addOption(new Option('--for <time>', 'how long (as long as before)').argParser(durationMs('--for')))
    .addOption(
      new Option('--out <file>', 'the bundle; with --all a directory for them').makeOptionMandatory(),
    )
    .action(renewThem)
  return withExamples(withPlace(withBundleOptions(renew)), [
    ['skein ca renew heron --out heron-2.bundle', 'and there: skein init --join'],
    ['skein ca renew --all --for 30d --out bundles', 'one file each'],
  ])
}

const COLUMNS: readonly Column<Renewal>[] = [
  { title: 'NAME', value: ({ after }) => after.certificate.name },
  { title: 'SERIAL', value: ({ before, after }) => `${serialOf(before)} -> ${serialOf(after)}` },
  { title: 'ENDED', value: ({ before }) => minute(before.certificate.notAfterMs) },
  { title: 'ENDS', value: ({ after }) => minute(after.certificate.notAfterMs) },
  { title: 'BUNDLE', value: ({ bundle }) => bundle },
]

async function renewThem(who: string | undefined, flags: Flags): Promise<void> {
  if ((who === undefined) !== (flags.all === true))
    throw new UsageError('say whom to renew: a name, an agent or a serial, or --all')
  const nowMs = Date.now()
  const extra = await extraOf(flags)
  const renewals = await withAuthority(flags.dir, { nowMs: () => nowMs, place: null }, async kept => {
    const { authority } = kept
    const chosen = who === undefined ? allGood(authority, nowMs) : [renewable(authority, who)]
    const done = chosen.map(before => {
      const after = authority.issue(sameAgain(before, nowMs, flags.for))
      return { before, after, bundle: fileFor(after, flags) }
    })
    for (const { bundle } of done) refuseToOverwrite(bundle)
    await kept.saveIssued(done.map(({ after }) => after))
    for (const { after, bundle } of done)
      await writeBundle(bundle, authority, after, { ...extra, seed: null })
    return done
  })
  if (flags.output === 'table') printRows(renewals, COLUMNS, 'table')
  else printRows(renewals.map(asRecord), [], flags.output)
  hint('next, on each of them: skein init --join BUNDLE')
}

function allGood(authority: Authority, nowMs: number): readonly Issued[] {
  return newestOfEach(authority).filter(
    issued => issued.certificate.notAfterMs >= nowMs && authority.revokedWith(issued) !== 'agent',
  )
}

/** What was taken from an agent comes back only when somebody says so in full. */
function renewable(authority: Authority, who: string): Issued {
  const issued = findIssued(authority, who)
  const { agent, name } = issued.certificate
  const newest = newestOfEach(authority).find(({ certificate }) => certificate.agent === agent) ?? issued
  if (authority.revokedWith(newest) !== 'agent') return newest
  throw new AuthorityError(
    'AUTHORITY_REFUSED',
    `the certificate of '${name}' was revoked, and is not renewed`,
    `To let it in again: skein ca issue --name '${name}' --agent ${agent} --role …`,
  )
}

function sameAgain({ certificate }: Issued, nowMs: number, forMs: number | undefined) {
  const { agent, name, roles, cells, notBeforeMs, notAfterMs } = certificate
  return { agent, name, roles, cells, notAfterMs: nowMs + (forMs ?? notAfterMs - notBeforeMs) }
}

function fileFor(issued: Issued, { all, out }: Flags): string {
  if (all !== true) return resolve(out)
  const { name, serial } = issued.certificate
  // Names are free text: what could lead elsewhere on the disk becomes a dash.
  return join(
    resolve(out),
    `${name.replace(/[^\p{L}\p{N}._-]/gu, '-').replace(/^\.+/, '-')}-${serial}.bundle`,
  )
}

const serialOf = ({ certificate }: Issued): number => certificate.serial

function asRecord({ before, after, bundle }: Renewal) {
  return { ...recordOf(after), replaces: serialOf(before), bundle }
}
