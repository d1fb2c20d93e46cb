import { encode } from 'cborg'
import type { CommandMessage } from '../../src/agent/interface.ts'
import { CborRow } from '../cbor-row.ts'
import { FrameError } from '../frame-error.ts'
import { CREDENTIAL_MAX } from '../trust/certificate.ts'
import { openPassedOn, type TrustDecoderInit } from '../trust/messages.ts'
import { ACK_MAX, COMMAND_MAX, openAck, openCommand } from './codec.ts'

/*
 * Commands on their way, as frames of /skein/sync/1. CBOR arrays:
 *
 *   command:         [7, command, credential of its author | null]
 *   acknowledgement: [8, acknowledgement]
 */
export const COMMAND_FRAME = 7
export const ACK_FRAME = 8

export function encodeCommandMessage(message: CommandMessage): Uint8Array {
  if (message.t === 'command-ack') return encode([ACK_FRAME, message.ack.bytes])
  return encode([COMMAND_FRAME, message.command.bytes, message.credential?.bytes ?? null])
}

/** Decodes a message and verifies every signature in it. Throws FrameError on anything else. */
export function decodeCommandMessage(bytes: Uint8Array, init: TrustDecoderInit): CommandMessage {
  const row = CborRow.decode(bytes, 'a command frame')
  const { swarm } = init.genesis
  const kind = row.whole(0)
  if (kind === ACK_FRAME) return { t: 'command-ack', ack: openAck(row.blob(1, ACK_MAX), swarm, init.verify) }
  if (kind !== COMMAND_FRAME) throw new FrameError('version', 'a command frame of an unknown kind', 1)
  const command = openCommand(row.blob(1, COMMAND_MAX), swarm, init.verify)
  const credential = row.isNull(2) ? null : openPassedOn(row.blob(2, CREDENTIAL_MAX), init)
  if (credential !== null && credential.certificate.agent !== command.author)
    row.fail(2, "not the author's certificate")
  return { t: 'command', command, credential }
}
