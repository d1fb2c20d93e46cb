import { sealAck, sealCommand } from '../../../protocols/command/codec.ts'
import type { PeerMessage } from '../../../src/agent/interface.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { T0_MS } from '../../src/position/samples.ts'
import type { Target } from '../engine/target.ts'
import { DISPATCHER, dispatcherCredential, HERON, OWN, openedCredential, SWARM } from './swarm.ts'
import { frames } from './sync-frames.ts'

const NONCE = 'ab'.repeat(16)

const command = sealCommand(
  {
    author: DISPATCHER.agent,
    target: OWN.agent,
    verb: 'goto',
    point: { latE7: 473_779_000, lonE7: 85_403_000, altMm: 500_000 },
    issuedMs: T0_MS,
    notAfterMs: T0_MS + 10_000,
    nonce: NONCE,
  },
  SWARM,
  DISPATCHER.signer.sign,
)
const ack = sealAck(
  {
    target: HERON.agent,
    author: OWN.agent,
    nonce: NONCE,
    decision: 'refuse',
    rule: 'core.issuer',
    reason: 'nobody who may say it has signed it',
    hlc: hlcOfMs(T0_MS),
  },
  SWARM,
  HERON.signer.sign,
)

/** What a dispatcher tells this agent, and what another vehicle answers to it. */
export const commandMessages: readonly PeerMessage[] = [
  { t: 'command', command, credential: openedCredential(dispatcherCredential) },
  { t: 'command-ack', ack },
]

export const COMMAND_FRAMES: readonly Target[] = [frames('command-frames', commandMessages)]
