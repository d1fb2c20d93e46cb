import { encode } from 'cborg'
import { FrameError } from '../../../protocols/frame-error.ts'
import { ed25519Signer, verifyEd25519 } from '../../../protocols/identity/ed25519.ts'
import { signedBytes, signingContext } from '../../../protocols/identity/swarm-tag.ts'
import { openBundle, sealBundle } from '../../../protocols/trust/bundle.ts'
import { openCredential, openIssuer } from '../../../protocols/trust/certificate.ts'
import { openGenesis } from '../../../protocols/trust/genesis.ts'
import { openHead, sealHead } from '../../../protocols/trust/head.ts'
import { openRevocations, sealRevocations } from '../../../protocols/trust/revocations.ts'
import type { RecordKind } from '../../../protocols/trust/signed-record.ts'
import type { Signer } from '../../../src/ports.ts'
import { T0_MS } from '../../src/position/samples.ts'
import { isReal } from '../engine/fuzz.ts'
import { FaultError, outcomeOf, type Target } from '../engine/target.ts'
import {
  dispatcherCredential,
  EGRET,
  egretCredential,
  genesis,
  genesisBytes,
  HERON,
  heronCredential,
  ISSUING,
  issuerBytes,
  plain,
  ROOT,
  SWARM,
} from './swarm.ts'

const isFrameError = (error: unknown): boolean => error instanceof FrameError

const rejects = (refused: boolean): void => {
  if (refused) throw new FrameError('malformed', 'refused', 0)
}

/** Opens a record that a verified signature protects, or throws FrameError. */
type Open = (bytes: Uint8Array) => unknown

const openers = {
  credential: bytes => rejects('refusal' in openCredential(bytes, genesis, verifyEd25519)),
  issuer: bytes => openIssuer(bytes, genesis, verifyEd25519),
  genesis: bytes => openGenesis(bytes, verifyEd25519),
  revocations: bytes => openRevocations(bytes, genesis, verifyEd25519),
  head: bytes => openHead(bytes, SWARM, verifyEd25519),
  bundle: bytes => openBundle(bytes, verifyEd25519, seed => ed25519Signer(seed).publicKey),
} as const satisfies Record<string, Open>

const list = {
  swarm: SWARM,
  epoch: 4,
  issuedMs: T0_MS,
  revocations: [
    { agent: HERON.agent, serial: 7, revokedMs: T0_MS, reason: 'stolen', validTo: { boot: 2, seq: 70 } },
    { agent: EGRET.agent, serial: 5, revokedMs: T0_MS, reason: '', validTo: null },
  ],
  issuers: [1],
}

export const listBytes = plain(sealRevocations(list, issuerBytes, ISSUING.sign))
const rootListBytes = plain(sealRevocations({ ...list, issuers: [1, 2] }, null, ROOT.sign))

export const headBytes = (seq: number, fill: number): Uint8Array => {
  const head = { agent: HERON.agent, boot: 2, seq, hash: new Uint8Array(32).fill(fill) }
  return plain(sealHead(head, SWARM, HERON.signer.sign).bytes)
}

const bundle = {
  swarm: SWARM,
  genesis: genesisBytes,
  credential: heronCredential,
  revocations: listBytes,
  seed: new Uint8Array(32).fill(11),
  bootstrap: ['/ip4/192.0.2.1/tcp/4710'],
  psk: new TextEncoder().encode('/key/swarm/psk/1.0.0/\n/base16/\n00\n'),
}
const bundles = [bundle, { ...bundle, seed: null, psk: null, revocations: null }].map(fields =>
  plain(sealBundle(fields, ISSUING.sign)),
)

/** Records as a stranger can alter them: none is taken but those that were signed, byte for byte. */
function signed(name: keyof typeof openers, corpus: readonly Uint8Array[]): Target {
  return {
    name,
    form: 'cbor',
    unchanged: 'a record is taken only byte for byte as it was signed',
    open: () => ({
      corpus,
      take: input => {
        const outcome = outcomeOf(() => openers[name](input), isFrameError)
        if (outcome === 'taken' && !isReal(input, corpus)) throw new FaultError('an altered record is taken')
        return outcome
      },
    }),
  }
}

/** Bodies as whoever holds the key can sign them: anything at all under a good signature. */
function resigned(
  name: string,
  corpus: readonly Uint8Array[],
  sealed: (body: Uint8Array) => Uint8Array,
  open: Open,
): Target {
  return {
    name,
    form: 'cbor',
    unchanged: 'whatever a true key has signed is read in full, or refused as a FrameError',
    open: () => ({ corpus, take: body => outcomeOf(() => open(sealed(body)), isFrameError) }),
  }
}

/** Signs any bytes as the body of a record. */
function signBody(kind: RecordKind, body: Uint8Array, { sign }: Signer): Uint8Array {
  return plain(encode([body, sign(signedBytes(signingContext(kind, SWARM), body))]))
}

const DAY_MS = 86_400_000
const key = HERON.signer.publicKey
const body = (fields: readonly unknown[]): Uint8Array => plain(encode(fields))
const withIssuer = (record: Uint8Array): Uint8Array => plain(encode([record, issuerBytes]))

export const RECORDS: readonly Target[] = [
  signed('credential', [heronCredential, egretCredential, dispatcherCredential]),
  signed('issuer', [issuerBytes]),
  signed('genesis', [genesisBytes]),
  signed('revocations', [listBytes, rootListBytes]),
  signed('head', [headBytes(71, 0x5a), headBytes(71, 0x5b)]),
  signed('bundle', bundles),
  resigned(
    'credential-by-issuer',
    [body([1, SWARM, key, 'heron', ['drone'], ['881f8ed951fffff'], T0_MS, T0_MS + DAY_MS, 11, 0])],
    bytes => withIssuer(signBody('certificate', bytes, ISSUING)),
    openers.credential,
  ),
  resigned(
    'revocations-by-issuer',
    [
      body([
        1,
        SWARM,
        4,
        T0_MS,
        [
          [key, 7, T0_MS, 'stolen', [2, 70]],
          [key, 6, T0_MS, '', null],
        ],
        [1],
      ]),
    ],
    bytes => withIssuer(signBody('revocations', bytes, ISSUING)),
    openers.revocations,
  ),
  resigned(
    'head-by-member',
    [body([1, SWARM, key, 2, 71, new Uint8Array(32).fill(0x5a)])],
    bytes => signBody('head', bytes, HERON.signer),
    openers.head,
  ),
]
