import { FrameError } from '../../../protocols/frame-error.ts'
import { signedBytes, signingContext } from '../../../protocols/identity/swarm-tag.ts'
import { decodePosition, encodePosition, SIGNATURE_LENGTH } from '../../../protocols/position/codec.ts'
import { isReal } from '../engine/fuzz.ts'
import { FaultError, outcomeOf, type Target } from '../engine/target.ts'
import { CELL, EGRET, HERON, plain, positionOf, receiver, reportsOf, SWARM } from './swarm.ts'

const INTENT = { id: new Uint8Array(16).fill(3), state: 'Activated' } as const
const CHANGES = [{}, { intent: INTENT }, { tokens: [1, 2, 3] }, { heightDm: null, batteryPct: null }] as const

export const reports: readonly Uint8Array[] = CHANGES.flatMap(changes =>
  reportsOf(HERON, 2, changes).map(({ bytes }) => bytes),
)

/** What is signed of a report, with the full key and with the short id. */
export const unsignedReports: readonly Uint8Array[] = reports.map(bytes =>
  bytes.slice(0, bytes.byteLength - SIGNATURE_LENGTH),
)

/** The same as whoever has the key may sign it. */
export function signReport(unsigned: Uint8Array): Uint8Array {
  const signature = HERON.signer.sign(signedBytes(signingContext('position', SWARM), unsigned))
  return Uint8Array.from([...unsigned, ...signature])
}

const decodes: Target = {
  name: 'position',
  form: 'binary',
  unchanged: 'what is read is exactly what was sent: it is written again as the same bytes',
  open: () => ({
    corpus: reports,
    take: input =>
      outcomeOf(
        () => {
          const { position, key, unsigned, signature } = decodePosition(input)
          const again = Uint8Array.from([...encodePosition(position, key), ...signature])
          if (!isReal(again, [input]) || unsigned.byteLength + signature.byteLength !== input.byteLength)
            throw new FaultError('two reports say the same')
        },
        error => error instanceof FrameError,
      ),
  }),
}

const opens: Target = {
  name: 'position-opener',
  form: 'binary',
  unchanged: 'a report is taken only byte for byte as it was signed, and nobody else becomes known by it',
  open: () => {
    const { open, directory } = receiver(HERON)
    return {
      corpus: reports,
      take: input => {
        const opened = open(input, CELL)
        if ('refusal' in opened) return 'refused'
        if (!isReal(input, reports)) throw new FaultError('an altered report is taken')
        if (directory.find(EGRET.signer.publicKey.subarray(0, 8)) !== undefined)
          throw new FaultError('a stranger became known')
        return 'taken'
      },
    }
  },
}

const opensMembers: Target = {
  name: 'position-by-member',
  form: 'binary',
  unchanged: 'whatever a member signs is its own report in its own cell, or refused',
  open: () => {
    const { open } = receiver(HERON)
    return {
      corpus: [...unsignedReports, plain(encodePosition(positionOf(HERON, 9), HERON.signer.publicKey))],
      take: input => {
        const opened = open(signReport(input), CELL)
        if ('refusal' in opened) return 'refused'
        const { position, cell } = opened.signed
        if (position.agent !== HERON.agent || cell !== CELL) throw new FaultError('it speaks for another')
        return 'taken'
      },
    }
  },
}

export const POSITIONS: readonly Target[] = [decodes, opens, opensMembers]
