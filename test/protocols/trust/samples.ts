import { agentIdOf } from '../../../protocols/identity/agent-id.ts'
import { ed25519Signer, verifyEd25519 } from '../../../protocols/identity/ed25519.ts'
import { sealBundle } from '../../../protocols/trust/bundle.ts'
import { encodeCredential, sealCertificate, sealIssuer } from '../../../protocols/trust/certificate.ts'
import { openGenesis, sealGenesis } from '../../../protocols/trust/genesis.ts'
import { sealHead } from '../../../protocols/trust/head.ts'
import { sealRevocations } from '../../../protocols/trust/revocations.ts'
import type { Certificate, IssuerCertificate } from '../../../src/policy/certificate.ts'
import type { Genesis } from '../../../src/policy/genesis.ts'
import type { RevocationList } from '../../../src/policy/revocations.ts'
import type { Signer } from '../../../src/ports.ts'

/* A swarm with fixed keys and dates: every record of trust of one version, byte for byte the same for ever. */

export const verify = verifyEd25519
const seedOf = (fill: number) => new Uint8Array(32).fill(fill)
export const publicKeyOfSeed = (seed: Uint8Array) => ed25519Signer(seed).publicKey

const HERON_SEED = seedOf(3)
export const ROOT = ed25519Signer(seedOf(1))
export const ISSUING = ed25519Signer(seedOf(2))
export const HERON_SIGNER = ed25519Signer(HERON_SEED)
/** Somebody whom nobody named. */
export const STRANGER = ed25519Signer(seedOf(9))

const agentOf = (signer: Signer) => agentIdOf(signer.publicKey)
export const HERON = agentOf(HERON_SIGNER)
export const EGRET = agentOf(ed25519Signer(seedOf(4)))

const START_MS = Date.UTC(2026, 0, 1)
const DAY_MS = 86_400_000
export const SWARM = 'golden'

export const GENESIS: Genesis = {
  swarm: SWARM,
  rootKey: ROOT.publicKey,
  createdMs: START_MS,
  voters: [HERON, EGRET].sort(),
  defaults: { clockBoundMs: 1_000, cellResolution: 8, graceMs: 3_600_000, rootLeaseMs: 900_000 },
  zones: [{ name: 'airport.json', sha256: new Uint8Array(32).fill(0xa5) }],
}

export const ISSUER: IssuerCertificate = {
  swarm: SWARM,
  publicKey: ISSUING.publicKey,
  notBeforeMs: START_MS,
  notAfterMs: START_MS + 365 * DAY_MS,
  serial: 2,
}

export const CERTIFICATE: Certificate = {
  swarm: SWARM,
  agent: HERON,
  name: 'heron',
  roles: ['drone'],
  cells: [],
  notBeforeMs: START_MS,
  notAfterMs: START_MS + 7 * DAY_MS,
  serial: 7,
  epoch: 3,
}

export const LIST: Omit<RevocationList, 'bytes' | 'issuer'> = {
  swarm: SWARM,
  epoch: 1_000_004,
  issuedMs: START_MS + DAY_MS,
  revocations: [
    {
      agent: HERON,
      serial: 7,
      revokedMs: START_MS + DAY_MS,
      reason: 'stolen',
      validTo: { boot: 2, seq: 70 },
    },
    { agent: EGRET, serial: 5, revokedMs: START_MS, reason: '', validTo: null },
  ].sort((a, b) => (a.agent < b.agent ? -1 : 1)),
  issuers: [1],
}

export const HEAD = { agent: HERON, boot: 2, seq: 71, hash: new Uint8Array(32).fill(0x5a) }

/** As a file or a frame gives it: what was encoded may come as a Buffer. */
const plain = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes)

export const genesisBytes = plain(sealGenesis(GENESIS, ROOT.sign))
export const issuerBytes = plain(sealIssuer(ISSUER, ROOT.sign))
export const certificateBytes = plain(sealCertificate(CERTIFICATE, ISSUING.sign))
export const credentialBytes = plain(encodeCredential(certificateBytes, issuerBytes))
export const listBytes = plain(sealRevocations(LIST, issuerBytes, ISSUING.sign))
export const rootListBytes = plain(sealRevocations({ ...LIST, issuers: [1, 2] }, null, ROOT.sign))
export const headBytes = plain(sealHead(HEAD, SWARM, HERON_SIGNER.sign).bytes)
export const BUNDLE = {
  swarm: SWARM,
  genesis: genesisBytes,
  credential: credentialBytes,
  revocations: listBytes,
  seed: HERON_SEED,
  bootstrap: ['/ip4/192.0.2.1/tcp/4710'],
  psk: new TextEncoder().encode('/key/swarm/psk/1.0.0/\n/base16/\n00\n'),
}
export const bundleBytes = plain(sealBundle(BUNDLE, ISSUING.sign))

/** The swarm, as a member reads it. */
export const genesis = openGenesis(genesisBytes, verify)
