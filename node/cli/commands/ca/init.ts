import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Command, Option } from 'commander'
import { sha256 } from '../../../../protocols/identity/ed25519.ts'
import { foundAuthority } from '../../../authority/directory.ts'
import { fingerprintOf } from '../../../authority/fingerprint.ts'
import { type OutputOptions, wholeNumber, withExamples } from '../../options.ts'
import { hint, printRecord } from '../../output.ts'
import { issuerFact, minute } from './facts.ts'
import {
  durationMs,
  gather,
  type PlaceOptions,
  type RootKeyOptions,
  rootKeyPlace,
  withPlace,
  withRootKey,
} from './options.ts'

interface Flags extends PlaceOptions, RootKeyOptions, OutputOptions {
  readonly swarm: string
  readonly voter?: readonly string[]
  readonly zones?: readonly string[]
  readonly grace?: number
  readonly clockBoundMs?: number
  readonly cellResolution?: number
  readonly rootLease?: number
  readonly issuingKeyFor?: number
}

export function initCommand(): Command {
  const init = new Command('init')
    .summary('found a swarm: root key, founding record, issuing key')
    .description(
      'Founds a swarm: makes its root key, the founding record that every member carries, and a key that issues certificates. What the record says can not be changed afterwards.',
    )
    .addOption(new Option('--swarm <name>', 'name of the swarm').makeOptionMandatory())
    .addOption(
      new Option('--voter <agent>', 'founding voter of the root group; repeatable').argParser(gather),
    )
    .addOption(
      new Option('--grace <time>', 'how long a drone may land after its certificate ended (1h)').argParser(
        durationMs('--grace'),
      ),
    )
    .addOption(
      new Option('--clock-bound-ms <ms>', 'clock error that all is safe under').argParser(
        wholeNumber('--clock-bound-ms'),
      ),
    )
    .addOption(
      new Option('--cell-resolution <0-15>', 'H3 resolution of topic cells').argParser(
        wholeNumber('--cell-resolution'),
      ),
    )
    .addOption(
      new Option('--root-lease <time>', 'how long shards grant alone (15m; 0s = for ever)').argParser(
        durationMs('--root-lease'),
      ),
    )
    .addOption(new Option('--zones <file>', 'geo-zones all fly by; repeatable').argParser(gather))
    .addOption(
      new Option('--issuing-key-for <time>', 'life of the issuing key (365d)').argParser(
        durationMs('--issuing-key-for'),
      ),
    )
    .action(found)
  return withExamples(withPlace(withRootKey(init)), [
    ['skein ca init --swarm north', 'all in one directory'],
    ['skein ca init --swarm north --root-key /media/usb/root.key', 'root key kept apart'],
  ])
}

async function found(flags: Flags): Promise<void> {
  const { dir, swarm, grace, clockBoundMs, cellResolution, rootLease, issuingKeyFor, output } = flags
  const place = rootKeyPlace(flags)
  const founding = {
    swarm,
    voters: flags.voter ?? [],
    zones: (flags.zones ?? []).map(file => ({ name: basename(file), sha256: sha256(readFileSync(file)) })),
    defaults: {
      ...(grace !== undefined && { graceMs: grace }),
      ...(clockBoundMs !== undefined && { clockBoundMs }),
      ...(cellResolution !== undefined && { cellResolution }),
      ...(rootLease !== undefined && { rootLeaseMs: rootLease }),
    },
    ...(issuingKeyFor !== undefined && { issuingKeyForMs: issuingKeyFor }),
  }
  const authority = await foundAuthority(dir, founding, place, Date.now())
  const root = fingerprintOf(authority.founding.rootKey)
  const rootFile = place.file ?? `${dir}/root.key`
  const { certificate } = authority.issuing
  printRecord(
    { swarm, root, dir, rootKey: rootFile, issuingKeyUntil: new Date(certificate.notAfterMs).toISOString() },
    [
      ['swarm', `${swarm}, founded ${minute(authority.founding.createdMs)}`],
      ['root', root],
      ['root key', `${rootFile} (secret; keep it offline, and a copy of it)`],
      ['issuing key', issuerFact(certificate)],
      ['directory', dir],
    ],
    output,
  )
  hint('next: skein ca issue --name NAME --role drone --out NAME.bundle')
}
