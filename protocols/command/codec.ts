import { fromString, toString as textOf } from 'uint8arrays'
import {
  COMMAND_DECISIONS,
  COMMAND_LIFE_MAX_MS,
  COMMAND_VERBS,
  type CommandAck,
  type CommandPoint,
  type SignedCommand,
} from '../../src/policy/signed-command.ts'
import type { AgentId } from '../../src/ports.ts'
import { HLC_MAX } from '../../src/time/hlc.ts'
import type { CborRow } from '../cbor-row.ts'
import { FrameError } from '../frame-error.ts'
import { agentIdOf, publicKeyOf } from '../identity/agent-id.ts'
import { openRecord, recordHolds, type Sign, sealRecord, type Verify } from '../trust/signed-record.ts'

/*
 * A command and its acknowledgement, version 1 (see trust/signed-record.ts). Point: degrees x 1e7, mm above WGS84.
 *
 *   command, by its author:         [1, swarm, 32 B author, 32 B target, verb, [lat, lon, alt] | null,
 *                                    issued ms, not after ms, 16 B nonce]
 *   acknowledgement, by its target: [1, swarm, 32 B target, 32 B author, 16 B nonce, decision, rule, reason, hlc]
 */
const VERSION = 1
export const COMMAND_MAX = 384
export const ACK_MAX = 1_280
const NONCE_LENGTH = 16
const VERB_MAX = 16
const RULE_MAX = 64
/** Characters; a reason that is longer is cut. */
const REASON_MAX = 240
const ALT_MM = { min: -1_000_000, max: 100_000_000 } as const

/** Signs a command. Throws RangeError on one that nobody would read. */
export function sealCommand(command: Omit<SignedCommand, 'bytes'>, swarm: string, sign: Sign): SignedCommand {
  const { author, target, verb, point, issuedMs, notAfterMs, nonce } = command
  const where = point === null ? null : [point.latE7, point.lonE7, point.altMm]
  const fields = [keyOf(author), keyOf(target), verb, where, issuedMs, notAfterMs, nonceBytes(nonce)]
  return { ...command, bytes: sealRecord('command', swarm, [VERSION, swarm, ...fields], sign) }
}

/** Opens a command and verifies that the author it names signed it. Throws FrameError. */
export function openCommand(bytes: Uint8Array, swarm: string, verify: Verify): SignedCommand {
  const record = openRecord(bytes, 'a command', VERSION, COMMAND_MAX)
  const { row } = record
  const key = row.bytes(2, 32)
  if (row.text(1, 63) !== swarm || row.length !== 9 || !recordHolds('command', swarm, record, key, verify))
    throw new FrameError('malformed', 'a command that its author never signed in this swarm', 0)
  const verb = oneOf(row, 4, COMMAND_VERBS, VERB_MAX)
  const point = row.isNull(5) ? null : readPoint(row.row(5))
  if ((point !== null) !== (verb === 'goto')) row.fail(5, 'a point, which goto has and no other verb')
  const issuedMs = row.whole(6, 0)
  return {
    author: agentIdOf(key),
    target: agentIdOf(row.bytes(3, 32)),
    verb,
    point,
    issuedMs,
    notAfterMs: row.whole(7, issuedMs, issuedMs + COMMAND_LIFE_MAX_MS),
    nonce: textOf(row.bytes(8, NONCE_LENGTH), 'hex'),
    bytes,
  }
}

/** Signs what became of a command. */
export function sealAck(ack: Omit<CommandAck, 'bytes'>, swarm: string, sign: Sign): CommandAck {
  const { target, author, nonce, decision, rule, hlc } = ack
  const reason = ack.reason.slice(0, REASON_MAX)
  const fields = [keyOf(target), keyOf(author), nonceBytes(nonce), decision, rule, reason, hlc]
  return { ...ack, reason, bytes: sealRecord('command-ack', swarm, [VERSION, swarm, ...fields], sign) }
}

/** Opens an acknowledgement and verifies that the vehicle it names signed it. Throws FrameError. */
export function openAck(bytes: Uint8Array, swarm: string, verify: Verify): CommandAck {
  const record = openRecord(bytes, 'an acknowledgement', VERSION, ACK_MAX)
  const { row } = record
  const key = row.bytes(2, 32)
  if (
    row.text(1, 63) !== swarm ||
    row.length !== 9 ||
    !recordHolds('command-ack', swarm, record, key, verify)
  )
    throw new FrameError('malformed', 'an acknowledgement that its vehicle never signed in this swarm', 0)
  return {
    target: agentIdOf(key),
    author: agentIdOf(row.bytes(3, 32)),
    nonce: textOf(row.bytes(4, NONCE_LENGTH), 'hex'),
    decision: oneOf(row, 5, COMMAND_DECISIONS, VERB_MAX),
    rule: row.text(6, RULE_MAX),
    reason: row.text(7, REASON_MAX),
    hlc: row.whole(8, 0, HLC_MAX),
    bytes,
  }
}

function readPoint(row: CborRow): CommandPoint {
  if (row.length !== 3) row.fail(0, 'of a point with more than three fields')
  return {
    latE7: row.whole(0, -900_000_000, 900_000_000),
    lonE7: row.whole(1, -1_800_000_000, 1_800_000_000),
    altMm: row.whole(2, ALT_MM.min, ALT_MM.max),
  }
}

function oneOf<T extends string>(row: CborRow, at: number, words: readonly T[], max: number): T {
  const text = row.text(at, max)
  return words.find(word => word === text) ?? row.fail(at, `none of ${words.join(', ')}`)
}

function keyOf(agent: AgentId): Uint8Array {
  const key = publicKeyOf(agent)
  if (key === null) throw new RangeError(`'${agent}' is not the peer id of an Ed25519 key`)
  return key
}

function nonceBytes(nonce: string): Uint8Array {
  const bytes = /^[0-9a-f]{32}$/.test(nonce) ? fromString(nonce, 'hex') : null
  if (bytes === null) throw new RangeError(`'${nonce}' is no nonce: 32 lower-case hex digits`)
  return bytes
}
