import { Command, Option } from 'commander'
import { withAuthority } from '../../../authority/directory.ts'
import { type ApiOptions, type OutputOptions, withExamples } from '../../options.ts'
import { hint, printRecord } from '../../output.ts'
import { issuerFact } from './facts.ts'
import { handOver, withNode } from './hand-over.ts'
import {
  durationMs,
  type PlaceOptions,
  type RootKeyOptions,
  rootKeyPlace,
  withPlace,
  withRootKey,
} from './options.ts'

interface Flags extends PlaceOptions, RootKeyOptions, ApiOptions, OutputOptions {
  readonly for?: number
  readonly revokeOld?: boolean
}

export function rotateCommand(): Command {
  const rotate = new Command('rotate')
    .summary('make a new issuing key, with the root key')
    .description(
      'Makes a new issuing key, signed by the root key. Certificates by the old one stay good until they end, unless --revoke-old puts out all of them at once: for when that key was stolen.',
    )
    .addOption(new Option('--for <time>', 'life of the new key (365d)').argParser(durationMs('--for')))
    .option('--revoke-old', 'believe nothing the old key signed')
    .action(rotateKey)
  return withExamples(withPlace(withNode(withRootKey(rotate))), [
    ['skein ca rotate', 'once a year'],
    ['skein ca rotate --root-key /media/usb/root.key --revoke-old', 'it was stolen'],
  ])
}

async function rotateKey(flags: Flags): Promise<void> {
  const nowMs = Date.now()
  const place = rootKeyPlace(flags)
  const { key, list } = await withAuthority(flags.dir, { nowMs: () => nowMs, place }, async kept => {
    const { authority } = kept
    const old = authority.issuing.certificate.serial
    const key = authority.rotate({ ...(flags.for !== undefined && { forMs: flags.for }) })
    await kept.saveIssuingKey(key)
    if (flags.revokeOld !== true) return { key, list: null }
    await kept.saveRevocations(authority.disown([old]))
    return { key, list: authority.revocations }
  })
  const { certificate } = key
  printRecord(
    {
      issuingKey: certificate.serial,
      notAfter: new Date(certificate.notAfterMs).toISOString(),
      epoch: list?.epoch ?? null,
    },
    [
      ['issuing key', issuerFact(certificate)],
      ...(list === null ? [] : ([['disowned', `issuing key ${list.issuers.join(', ')}`]] as const)),
    ],
    flags.output,
  )
  if (list === null) return
  await handOver(list, flags.dir, flags)
  hint('next: skein ca renew --all --out bundles, and skein init --join on each of them')
}
