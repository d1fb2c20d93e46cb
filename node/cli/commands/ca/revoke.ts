import { Argument, Command, Option } from 'commander'
import { publicKeyOf } from '../../../../protocols/identity/agent-id.ts'
import { REASON_MAX } from '../../../../protocols/trust/revocations.ts'
import type { LogPlace, RevocationList } from '../../../../src/policy/revocations.ts'
import type { Authority } from '../../../authority/authority.ts'
import { readAuthority, withAuthority } from '../../../authority/directory.ts'
import { findIssued } from '../../../authority/standing.ts'
import { UsageError } from '../../failure.ts'
import { type ApiOptions, type OutputOptions, wholeNumber, withExamples } from '../../options.ts'
import { printRecord } from '../../output.ts'
import { type Facts, listRecordOf } from './facts.ts'
import { handOver, withNode } from './hand-over.ts'
import {
  logPlace,
  type PlaceOptions,
  type RootKeyOptions,
  rootKeyPlace,
  withPlace,
  withRootKey,
} from './options.ts'

interface Flags extends PlaceOptions, RootKeyOptions, ApiOptions, OutputOptions {
  readonly reason?: string
  readonly validTo?: LogPlace
  readonly issuer?: number
  readonly serial?: number
  readonly afterEpoch?: number
}

export function revokeCommand(): Command {
  const revoke = new Command('revoke')
    .summary('put an agent out, and tell the swarm')
    .description(
      'Takes back every certificate an agent has so far and signs a new revocation list. Given a serial, that one and all before it. Without anybody, hands over the newest list again.',
    )
    .addArgument(new Argument('[who]', 'name, agent or serial'))
    .option('--reason <text>', `shown to whom it concerns, at most ${REASON_MAX} characters`)
    .addOption(
      new Option(
        '--valid-to <boot:seq>',
        'what it signed up to there stays valid (as before, or nothing)',
      ).argParser(logPlace),
    )
    .addOption(
      new Option('--issuer <n>', 'put out all that issuing key N signed; needs the root key').argParser(
        wholeNumber('--issuer'),
      ),
    )
    .addOption(
      new Option(
        '--serial <n>',
        'up to this serial, known here or not (all so far): after a restored backup',
      ).argParser(wholeNumber('--serial')),
    )
    .addOption(
      new Option(
        '--after-epoch <n>',
        'go on after the list that nodes have: after a restored backup',
      ).argParser(wholeNumber('--after-epoch')),
    )
    .action(revokeOne)
  return withExamples(withPlace(withNode(withRootKey(revoke))), [
    ['skein ca revoke heron --reason stolen --api 4780', 'out of the swarm within seconds'],
    ['skein ca revoke --api drone-7:4780', 'hand over the newest list again'],
  ])
}

async function revokeOne(who: string | undefined, flags: Flags): Promise<void> {
  const { dir, issuer, afterEpoch, reason = '' } = flags
  if (who !== undefined && issuer !== undefined)
    throw new UsageError('say whom to put out: an agent, or an --issuer, not both')
  if (reason.length > REASON_MAX) throw new UsageError(`--reason: at most ${REASON_MAX} characters`)
  if (who === undefined && flags.serial !== undefined) throw new UsageError('--serial: say whom to put out')
  if (who === undefined && issuer === undefined && afterEpoch !== undefined)
    throw new UsageError('--after-epoch: say whom to put out')
  const nowMs = Date.now()
  if (who === undefined && issuer === undefined) return handOverAgain(flags, nowMs)
  const place = issuer === undefined ? null : rootKeyPlace(flags)
  const list = await withAuthority(
    dir,
    { nowMs: () => nowMs, place },
    async ({ authority, saveRevocations }) => {
      const bytes =
        who === undefined
          ? authority.disown([issuer ?? 0], afterEpoch)
          : authority.revoke(entryOf(authority, who, flags))
      await saveRevocations(bytes)
      return authority.revocations
    },
  )
  if (list !== null) await report(list, flags)
}

function entryOf(authority: Authority, who: string, flags: Flags) {
  const { reason, validTo, afterEpoch } = flags
  const more = {
    ...(reason !== undefined && { reason }),
    ...(validTo !== undefined && { validTo }),
    ...(afterEpoch !== undefined && { afterEpoch }),
  }
  const isAgent = publicKeyOf(who) !== null
  if (isAgent && flags.serial !== undefined) return { agent: who, serial: flags.serial, ...more }
  const { agent, name, serial: found } = findIssued(authority, who).certificate
  const isSerial = who !== name && who !== agent
  const serial = flags.serial ?? (isSerial ? found : undefined)
  return { agent, ...(serial !== undefined && { serial }), ...more }
}

async function handOverAgain(flags: Flags, nowMs: number): Promise<void> {
  const { revocations } = await readAuthority(flags.dir, () => nowMs)
  if (revocations === null) throw new UsageError('say whom to put out: nobody was so far')
  await report(revocations, flags)
}

async function report(list: RevocationList, flags: Flags): Promise<void> {
  const { issuers, epoch, revocations } = list
  const facts: Facts = [
    ['epoch', String(epoch)],
    ['agents', `${revocations.length} put out`],
    ...(issuers.length === 0 ? [] : ([['issuing keys', `${issuers.join(', ')} disowned`]] as const)),
  ]
  printRecord(listRecordOf(list), facts, flags.output)
  await handOver(list, flags.dir, flags)
}
