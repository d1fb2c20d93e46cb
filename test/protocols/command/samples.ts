import { sealAck, sealCommand } from '../../../protocols/command/codec.ts'
import type { CommandAck, SignedCommand } from '../../../src/policy/signed-command.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { EGRET, HERON, HERON_SIGNER, SWARM } from '../trust/samples.ts'

/* Commands with fixed keys and dates: heron tells egret, and answers what egret told it. */

const ISSUED_MS = Date.UTC(2026, 0, 2)
const NONCE = '000102030405060708090a0b0c0d0e0f'

export const LAND: Omit<SignedCommand, 'bytes'> = {
  author: HERON,
  target: EGRET,
  verb: 'land',
  point: null,
  issuedMs: ISSUED_MS,
  notAfterMs: ISSUED_MS + 10_000,
  nonce: NONCE,
}
export const GOTO: Omit<SignedCommand, 'bytes'> = {
  ...LAND,
  verb: 'goto',
  point: { latE7: 473_779_000, lonE7: -85_403_000, altMm: 500_000 },
}
export const ACK: Omit<CommandAck, 'bytes'> = {
  target: HERON,
  author: EGRET,
  nonce: NONCE,
  decision: 'refuse',
  rule: 'ceiling',
  reason: 'the target is at 130 m HOME; allowed is up to 120 m HOME',
  hlc: hlcOfMs(ISSUED_MS + 500),
}

export const landBytes = Uint8Array.from(sealCommand(LAND, SWARM, HERON_SIGNER.sign).bytes)
export const gotoBytes = Uint8Array.from(sealCommand(GOTO, SWARM, HERON_SIGNER.sign).bytes)
export const ackBytes = Uint8Array.from(sealAck(ACK, SWARM, HERON_SIGNER.sign).bytes)
