import { agentIdOf } from '../../../protocols/identity/agent-id.ts'
import { ed25519Signer, sha256, verifyEd25519 } from '../../../protocols/identity/ed25519.ts'
import { KeyDirectory } from '../../../protocols/identity/key-directory.ts'
import { createOpener, createSealer, type Opener } from '../../../protocols/position/sealing.ts'
import {
  encodeCredential,
  openCredential,
  sealCertificate,
  sealIssuer,
} from '../../../protocols/trust/certificate.ts'
import { openGenesis, sealGenesis } from '../../../protocols/trust/genesis.ts'
import type { TrustDecoderInit } from '../../../protocols/trust/messages.ts'
import { cellOf } from '../../../src/geo/cells.ts'
import type { Credential } from '../../../src/policy/certificate.ts'
import type { Role } from '../../../src/policy/roles.ts'
import type { Signer } from '../../../src/ports.ts'
import type { Position, SignedPosition } from '../../../src/position/position.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { HOVER, positionWith, T0_MS } from '../../src/position/samples.ts'

/* A closed swarm with fixed keys, at one moment: what all boundaries of the network are shown. */

export const SWARM = 'fuzzed'
const RESOLUTION = 8
export const CELL = cellOf(HOVER.latE7, HOVER.lonE7, RESOLUTION)
const DAY_MS = 86_400_000

const signerOf = (fill: number): Signer => ed25519Signer(new Uint8Array(32).fill(fill))
export const ROOT = signerOf(1)
export const ISSUING = signerOf(2)

/** Somebody with a key of its own, and its id. */
export interface Somebody {
  readonly signer: Signer
  readonly agent: string
}

const somebody = (fill: number): Somebody => {
  const signer = signerOf(fill)
  return { signer, agent: agentIdOf(signer.publicKey) }
}

/** The agent whose boundaries these are. */
export const OWN = somebody(10)
/** A member whose frames are mutated. */
export const HERON = somebody(11)
export const EGRET = somebody(12)
export const DISPATCHER = somebody(13)

/** As a frame or a file brings it: what was encoded may come as a Buffer. */
export const plain = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes)

export const genesisBytes = plain(
  sealGenesis(
    {
      swarm: SWARM,
      rootKey: ROOT.publicKey,
      createdMs: T0_MS - 30 * DAY_MS,
      voters: [HERON.agent, EGRET.agent].sort(),
      defaults: { clockBoundMs: 1_000, cellResolution: RESOLUTION, graceMs: 3_600_000, rootLeaseMs: 900_000 },
      zones: [{ name: 'airport.json', sha256: new Uint8Array(32).fill(0xa5) }],
    },
    ROOT.sign,
  ),
)
export const genesis = openGenesis(genesisBytes, verifyEd25519)
export const trustInit: TrustDecoderInit = { genesis, verify: verifyEd25519, hash: sha256 }

export const issuerBytes = plain(
  sealIssuer(
    {
      swarm: SWARM,
      publicKey: ISSUING.publicKey,
      notBeforeMs: T0_MS - 30 * DAY_MS,
      notAfterMs: T0_MS + 335 * DAY_MS,
      serial: 2,
    },
    ROOT.sign,
  ),
)

function credentialOf({ agent }: Somebody, serial: number, roles: readonly Role[] = ['drone']) {
  const certificate = {
    swarm: SWARM,
    agent,
    name: `agent-${serial}`,
    roles,
    cells: [],
    notBeforeMs: T0_MS - DAY_MS,
    notAfterMs: T0_MS + DAY_MS,
    serial,
    epoch: 0,
  }
  return plain(encodeCredential(plain(sealCertificate(certificate, ISSUING.sign)), issuerBytes))
}

export const ownCredential = credentialOf(OWN, 10)
export const heronCredential = credentialOf(HERON, 11)
export const egretCredential = credentialOf(EGRET, 12, ['drone', 'anchor'])
export const dispatcherCredential = credentialOf(DISPATCHER, 13, ['dispatcher'])

export function openedCredential(bytes: Uint8Array): Credential {
  const opened = openCredential(bytes, genesis, verifyEd25519)
  if ('refusal' in opened) throw new Error(opened.reason)
  return opened.credential
}

/** A report's content by a member, so many ms after the moment. */
export const positionOf = ({ agent }: Somebody, seq: number, changes: Partial<Position> = {}): Position =>
  positionWith({ agent, boot: 2, seq, hlc: hlcOfMs(T0_MS + seq), ...changes })

/** Reports of a member: the first with its full key, the others with its short id. */
export function reportsOf(
  who: Somebody,
  count: number,
  changes: Partial<Position> = {},
): readonly SignedPosition[] {
  const seal = createSealer(SWARM, who.signer, new KeyDirectory(sha256))
  return Array.from({ length: count }, (_, i) => {
    const sealed = seal(positionOf(who, i + 1, changes), CELL)
    return { ...sealed, bytes: plain(sealed.bytes) }
  })
}

/** What a node that knows these authors opens reports with. */
export function receiver(...known: readonly Somebody[]): {
  readonly directory: KeyDirectory
  readonly open: Opener
} {
  const directory = new KeyDirectory(sha256)
  for (const { signer } of known) directory.learn(signer.publicKey)
  const open = createOpener({ swarm: SWARM, directory, verify: verifyEd25519, cellResolution: RESOLUTION })
  return { directory, open }
}
