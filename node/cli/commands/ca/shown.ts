import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FrameError } from '../../../../protocols/frame-error.ts'
import { verifyEd25519 } from '../../../../protocols/identity/ed25519.ts'
import { openCredential } from '../../../../protocols/trust/certificate.ts'
import { openGenesis } from '../../../../protocols/trust/genesis.ts'
import { openRevocations } from '../../../../protocols/trust/revocations.ts'
import { judge } from '../../../../src/policy/admission.ts'
import type { Genesis } from '../../../../src/policy/genesis.ts'
import type { RevocationList } from '../../../../src/policy/revocations.ts'
import type { Authority } from '../../../authority/authority.ts'
import { AuthorityError } from '../../../authority/authority-error.ts'
import { unpackBundle } from '../../../authority/bundles.ts'
import { fingerprintOf } from '../../../authority/fingerprint.ts'
import { certificateFacts, type Facts, issuerFact, listRecordOf, minute, recordOf } from './facts.ts'

/** What is said of a record. */
export interface Shown {
  readonly record: object
  readonly facts: Facts
  readonly holds: boolean
  readonly verdict: string
}

/** Shows whatever the file is. `authority`: what it is measured by, where it doesn't bring its own root. */
export function showFile(file: string, bytes: Uint8Array, authority: Authority | null, nowMs: number): Shown {
  const genesis = authority?.founding ?? genesisBeside(file)
  const ways: readonly (() => Shown)[] = [
    () => showBundle(bytes, authority, nowMs),
    () => showGenesis(openGenesis(bytes, verifyEd25519)),
    ...(genesis === null
      ? []
      : [
          () => showList(openRevocations(bytes, genesis, verifyEd25519)),
          () => showCredential(bytes, genesis, authority?.revocations ?? null, nowMs),
        ]),
  ]
  const reasons: string[] = []
  for (const way of ways) {
    try {
      return way()
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      reasons.push(error.message)
    }
  }
  throw new AuthorityError(
    'AUTHORITY_REFUSED',
    `${file} is nothing that skein ca makes, or it was altered:\n  ${[...new Set(reasons)].join('\n  ')}\n`,
    genesis === null ? 'A credential or a list needs its genesis.cbor beside it, or --dir' : 'Get it anew',
  )
}

/** A node keeps them side by side. */
function genesisBeside(file: string): Genesis | null {
  const beside = join(dirname(file), 'genesis.cbor')
  return existsSync(beside) ? openGenesis(readFileSync(beside), verifyEd25519) : null
}

function showBundle(bytes: Uint8Array, authority: Authority | null, nowMs: number): Shown {
  const { credential, founding, list, seed, bootstrap, psk } = unpackBundle(bytes)
  const shown = showCredential(credential, founding, newer(list, authority), nowMs)
  return {
    ...shown,
    record: {
      ...shown.record,
      key: seed !== null,
      psk: psk !== null,
      bootstrap,
      epochKnown: list?.epoch ?? 0,
    },
    facts: [
      ...shown.facts,
      ['key', seed === null ? 'not in it' : 'in it: this file is a secret'],
      ['psk', psk === null ? 'none' : 'in it: this file is a secret'],
      ['bootstrap', bootstrap.join('  ') || 'none'],
    ],
  }
}

function newer(list: RevocationList | null, authority: Authority | null): RevocationList | null {
  const known = authority?.revocations ?? null
  return known !== null && known.epoch >= (list?.epoch ?? 0) ? known : list
}

/** Shows a credential, and judges it as its own holder would be judged now. Throws FrameError. */
export function showCredential(
  bytes: Uint8Array,
  genesis: Genesis,
  list: RevocationList | null,
  nowMs: number,
): Shown {
  const opened = openCredential(bytes, genesis, verifyEd25519)
  if ('refusal' in opened) throw new FrameError('malformed', opened.reason, 0)
  const { certificate, issuer } = opened.credential
  const judged = judge(opened.credential, certificate.agent, {
    ...genesis.defaults,
    swarm: genesis.swarm,
    nowMs,
    revocation: list?.revocations.find(({ agent }) => agent === certificate.agent) ?? null,
    revokedIssuers: list?.issuers ?? [],
    convicted: false,
  })
  const root = fingerprintOf(genesis.rootKey)
  return {
    record: { ...recordOf({ certificate, issuer: issuer.serial }), root },
    facts: [
      ['swarm', genesis.swarm],
      ...certificateFacts(certificate),
      ['issuing key', issuerFact(issuer)],
      ['root', root],
    ],
    holds: 'standing' in judged && judged.standing === 'valid',
    verdict: 'refusal' in judged ? `${judged.refusal}: ${judged.reason}` : judged.standing,
  }
}

function showGenesis({ swarm, rootKey, createdMs, voters, defaults, zones }: Genesis): Shown {
  const root = fingerprintOf(rootKey)
  const files = zones.map(({ name, sha256 }) => ({ name, sha256: Buffer.from(sha256).toString('hex') }))
  return {
    record: { swarm, root, created: new Date(createdMs).toISOString(), voters, defaults, zones: files },
    facts: [
      ['swarm', swarm],
      ['root', root],
      ['founded', minute(createdMs)],
      ['voters', voters.join(', ') || 'none'],
      ...Object.entries(defaults).map(([name, value]) => [name, String(value)] as const),
      ['zones', files.map(({ name, sha256 }) => `${name} ${sha256}`).join('  ') || 'none'],
    ],
    holds: true,
    verdict: 'signed by the root key it names',
  }
}

function showList(list: RevocationList): Shown {
  const record = listRecordOf(list)
  return {
    record,
    facts: [
      ['swarm', list.swarm],
      ['epoch', `${list.epoch}, ${minute(list.issuedMs)}, signed by ${record.signedBy}`],
      ['issuing keys', list.issuers.join(', ') || 'none disowned'],
      ...list.revocations.map(
        ({ agent, serial, reason, validTo }) =>
          [
            'out',
            `${agent} up to serial ${serial}${reason && `, ${reason}`}${validTo === null ? '' : `, its log stays valid to ${validTo.boot}:${validTo.seq}`}`,
          ] as const,
      ),
    ],
    holds: true,
    verdict: 'valid',
  }
}
