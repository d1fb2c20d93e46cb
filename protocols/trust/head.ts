import type { SignedHead } from '../../src/policy/contradiction.ts'
import { FrameError } from '../frame-error.ts'
import { agentIdOf, publicKeyOf } from '../identity/agent-id.ts'
import { openRecord, recordHolds, type Sign, sealRecord, type Verify } from './signed-record.ts'

/*
 * The head of an agent's log as it announces it, version 1 (see signed-record.ts), signed by the agent itself:
 *
 *   [1, swarm, 32 B key, boot, seq, 32 B hash of event seq]
 */
const VERSION = 1
export const HEAD_MAX = 512

/** Signs the head of the own log. `head.seq` must be durable: what is announced can't be taken back. */
export function sealHead(head: Omit<SignedHead, 'bytes'>, swarm: string, sign: Sign): SignedHead {
  const key = publicKeyOf(head.agent)
  if (key === null) throw new RangeError(`'${head.agent}' is not the peer id of an Ed25519 key`)
  return {
    ...head,
    bytes: sealRecord('head', swarm, [VERSION, swarm, key, head.boot, head.seq, head.hash], sign),
  }
}

/** Opens a head and verifies that the agent it names signed it. Throws FrameError. */
export function openHead(bytes: Uint8Array, swarm: string, verify: Verify): SignedHead {
  const record = openRecord(bytes, 'a log head', VERSION, HEAD_MAX)
  const { row } = record
  const key = row.bytes(2, 32)
  if (row.text(1, 63) !== swarm || row.length !== 6 || !recordHolds('head', swarm, record, key, verify))
    throw new FrameError('malformed', 'a log head that its agent never signed in this swarm', 0)
  return { agent: agentIdOf(key), boot: row.whole(3, 0), seq: row.whole(4, 1), hash: row.bytes(5, 32), bytes }
}
