import type { KeyObject } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FrameError } from '../../protocols/frame-error.ts'
import type { OpenedBundle } from '../../protocols/trust/bundle.ts'
import { equalBytes } from '../../src/bytes.ts'
import { judge } from '../../src/policy/admission.ts'
import { type RevocationList, supersedes } from '../../src/policy/revocations.ts'
import { createIdentity, IdentityError, loadIdentity } from '../identity/identity.ts'
import { writeFileDurably } from '../store/durable-file.ts'
import { pskContent, pskPath } from '../store/sealed/sealed-psk.ts'
import { TrustError } from '../trust/trust-error.ts'
import {
  CREDENTIAL_FILE,
  GENESIS_FILE,
  keepRevocations,
  readCredential,
  readGenesis,
  readRevocations,
  TRUST_DIR,
} from '../trust/trust-files.ts'
import { unpackBundle } from './bundles.ts'
import { fingerprintOf } from './fingerprint.ts'
import { JoinError } from './join-error.ts'

export interface Joining {
  readonly dataDir: string
  /** Of an encrypted data directory (`unlockData`). @default null */
  readonly dataKey?: KeyObject | null
  readonly bundle: Uint8Array
  /** Fingerprint of the only root key to believe; null = that of the bundle. */
  readonly root: string | null
  /** The swarm that the configuration says; null = it says none. */
  readonly swarm: string | null
  readonly nowMs: number
}

/** A data directory that is a member's now. */
export interface Joined {
  readonly bundle: OpenedBundle
  readonly root: string
  /** What the swarm's clock would say of the certificate's dates. */
  readonly isEarly: boolean
  /** Whether the agent's key came out of the bundle. */
  readonly madeIdentity: boolean
  /** Where the network's key was put; null = the bundle brought none. */
  readonly pskFile: string | null
}

/**
 * Makes a data directory that of a member: verifies a bundle up to its root key, then writes identity and trust
 * files, each durably and whole. Nothing is written when anything is wrong. Throws JoinError; IdentityError when
 * the identity that is there is damaged.
 */
export async function joinSwarm(joining: Joining): Promise<Joined> {
  const { dataDir, dataKey = null } = joining
  const bundle = opened(joining.bundle)
  const root = fingerprintOf(bundle.founding.rootKey)
  if (joining.root !== null && joining.root !== root) {
    throw new JoinError(
      'JOIN_ROOT',
      `the bundle goes back to root key ${root}, and not to ${joining.root}`,
      'It is of another authority: ask whoever gave it to you',
    )
  }
  if (joining.swarm !== null && joining.swarm !== bundle.swarm) {
    throw new JoinError(
      'JOIN_SWARM',
      `the configuration says swarm '${joining.swarm}', and the bundle is of '${bundle.swarm}'`,
      'Leave the swarm out of the configuration: the bundle says it',
    )
  }
  await checkDirectory(dataDir, bundle)
  const isEarly = await checkStanding(dataDir, bundle, joining.nowMs)
  const madeIdentity = await needsIdentity(dataDir, dataKey, bundle)
  try {
    if (madeIdentity) await createIdentity(dataDir, bundle.seed ?? undefined, dataKey)
    return { bundle, root, isEarly, madeIdentity, pskFile: await writeTrust(dataDir, dataKey, bundle) }
  } catch (cause) {
    if (cause instanceof IdentityError) throw cause
    throw new JoinError(
      'JOIN_UNWRITABLE',
      `${dataDir} could not be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Choose a --data-dir that this user may write to',
      { cause },
    )
  }
}

function opened(bytes: Uint8Array): OpenedBundle {
  try {
    return unpackBundle(bytes)
  } catch (cause) {
    if (!(cause instanceof FrameError)) throw cause
    throw new JoinError(
      'JOIN_BUNDLE',
      `this is no bundle of skein ca, or it was cut short or altered: ${cause.message}`,
      'Fetch the file again, as it is, or have a new one issued',
      { cause },
    )
  }
}

/** Refuses what belongs to somebody else, or would go back in time. */
async function checkDirectory(dataDir: string, bundle: OpenedBundle): Promise<void> {
  const held = await unlessDamaged(readGenesis(dataDir))
  if (held === null) return
  const { founding, member } = bundle
  if (held.swarm !== founding.swarm || !equalBytes(held.rootKey, founding.rootKey)) {
    throw new JoinError(
      'JOIN_SWARM',
      `${dataDir} belongs to swarm '${held.swarm}' (root ${fingerprintOf(held.rootKey)}), and the bundle is of '${founding.swarm}' (root ${fingerprintOf(founding.rootKey)})`,
      'Use another --data-dir: an agent is of one swarm',
    )
  }
  const own = await unlessDamaged(readCredential(dataDir, held, member.certificate.agent))
  if (own !== null && own.certificate.serial > member.certificate.serial) {
    throw new JoinError(
      'JOIN_OLDER',
      `${dataDir} has certificate ${own.certificate.serial}, which is newer than ${member.certificate.serial} of the bundle`,
      'Use the newest bundle; nothing was changed',
    )
  }
}

/** Refuses a certificate that no node would let in; says whether it begins later. */
async function checkStanding(dataDir: string, bundle: OpenedBundle, nowMs: number): Promise<boolean> {
  const { founding, member } = bundle
  const list = await newestList(dataDir, bundle)
  const { agent } = member.certificate
  const judged = judge(member, agent, {
    swarm: founding.swarm,
    clockBoundMs: founding.defaults.clockBoundMs,
    graceMs: 0,
    nowMs,
    revocation: list?.revocations.find(entry => entry.agent === agent) ?? null,
    revokedIssuers: list?.issuers ?? [],
    convicted: false,
  })
  if ('standing' in judged) return false
  if (judged.refusal === 'early') return true
  throw new JoinError(
    judged.refusal === 'expired' ? 'JOIN_EXPIRED' : 'JOIN_REVOKED',
    `no node would let this in: ${judged.reason}`,
    'Have a new one issued (skein ca renew, or issue); if it should be good, check the clock of this machine',
  )
}

async function newestList(dataDir: string, { founding, list }: OpenedBundle): Promise<RevocationList | null> {
  const held = await unlessDamaged(readRevocations(dataDir, founding))
  return list !== null && supersedes(list, held) ? list : held
}

/** Whether the bundle's key has to be written. Refuses another identity than the certificate names. */
async function needsIdentity(
  dataDir: string,
  dataKey: KeyObject | null,
  { member, seed }: OpenedBundle,
): Promise<boolean> {
  const { agent, name } = member.certificate
  const there = await loadIdentity(dataDir, dataKey).catch(error => {
    if (error instanceof IdentityError && error.code === 'IDENTITY_MISSING') return null
    throw error
  })
  if (there?.agent === agent) return false
  if (there === null && seed !== null) return true
  throw new JoinError(
    'JOIN_IDENTITY',
    there === null
      ? `the bundle is for agent ${agent} ('${name}') and brings no key, and ${dataDir} has none`
      : `the bundle is for agent ${agent} ('${name}'), and ${dataDir} is that of ${there.agent}`,
    there === null
      ? 'Use it on the machine and with the --data-dir where skein init made that agent'
      : `Use another --data-dir, or have one issued for this agent: skein ca issue --agent ${there.agent} …`,
  )
}

/** The credential comes last: a node that runs takes notice of it. */
async function writeTrust(
  dataDir: string,
  dataKey: KeyObject | null,
  bundle: OpenedBundle,
): Promise<string | null> {
  const dir = join(dataDir, TRUST_DIR)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const pskFile = bundle.psk === null ? null : pskPath(dataDir)
  if (bundle.psk !== null) await writeFileDurably(pskPath(dataDir), pskContent(bundle.psk, dataKey))
  await writeFileDurably(join(dir, GENESIS_FILE), bundle.genesis)
  if (bundle.list !== null) await keepRevocations(dataDir, bundle.founding, bundle.list)
  await writeFileDurably(join(dir, CREDENTIAL_FILE), bundle.credential)
  return pskFile
}

/** Damaged trust files are what joining again mends. */
async function unlessDamaged<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof TrustError && error.code !== 'TRUST_UNREADABLE') return null
    throw error
  }
}
