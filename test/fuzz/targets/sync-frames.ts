import { FrameError } from '../../../protocols/frame-error.ts'
import { verifyEd25519 } from '../../../protocols/identity/ed25519.ts'
import { decodeSync, encodeSync, SYNC_FRAME_MAX } from '../../../protocols/sync/codec.ts'
import { openHead } from '../../../protocols/trust/head.ts'
import { openRevocations } from '../../../protocols/trust/revocations.ts'
import type { PeerMessage } from '../../../src/agent/interface.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { T0_MS } from '../../src/position/samples.ts'
import { FaultError, outcomeOf, type Target } from '../engine/target.ts'
import { headBytes, listBytes } from './records.ts'
import {
  CELL,
  DISPATCHER,
  dispatcherCredential,
  EGRET,
  genesis,
  HERON,
  heronCredential,
  OWN,
  openedCredential,
  plain,
  receiver,
  reportsOf,
  SWARM,
  trustInit,
} from './swarm.ts'

const digest: PeerMessage = {
  t: 'digest',
  cells: [CELL],
  digest: {
    from: '',
    to: HERON.agent,
    entries: [HERON, EGRET].map(({ agent }, i) => ({ agent, hlc: hlcOfMs(T0_MS + i) })),
  },
  reply: true,
}
const delta: PeerMessage = { t: 'delta', positions: [...reportsOf(HERON, 2), ...reportsOf(EGRET, 1)] }
const head = (seq: number, fill: number) => openHead(headBytes(seq, fill), SWARM, verifyEd25519)

/** Two reports of one agent with one number that say different things. */
const contradiction = (() => {
  const [first] = reportsOf(HERON, 1)
  const [second] = reportsOf(HERON, 1, { altMm: 600_000 })
  if (first === undefined || second === undefined) throw new Error('no reports')
  const statement = ({ position: { boot, seq, hlc }, bytes }: typeof first) => ({ boot, seq, hlc, bytes })
  return {
    kind: 'positions',
    agent: HERON.agent,
    first: statement(first),
    second: statement(second),
  } as const
})()

/** One of each kind that peers tell each other of positions. */
export const syncMessages: readonly PeerMessage[] = [digest, delta]

/** And of trust. */
export const trustMessages: readonly PeerMessage[] = [
  { t: 'want-credentials', agents: [HERON.agent, EGRET.agent] },
  { t: 'credentials', credentials: [heronCredential, dispatcherCredential].map(openedCredential) },
  { t: 'revocations', list: openRevocations(listBytes, genesis, verifyEd25519) },
  { t: 'head', head: head(71, 1), epoch: 3 },
  { t: 'evidence', evidence: contradiction, credential: openedCredential(heronCredential) },
  {
    t: 'evidence',
    evidence: { kind: 'heads', agent: HERON.agent, first: head(71, 1), second: head(71, 2) },
    credential: null,
  },
]

export const framesOf = (messages: readonly PeerMessage[]): readonly Uint8Array[] => {
  const { directory } = receiver(HERON, EGRET)
  return messages.map(message => plain(encodeSync(message, directory)))
}

/** Frames of one stream of the sync protocol, in a closed swarm. */
export function frames(name: string, messages: readonly PeerMessage[]): Target {
  return {
    name,
    form: 'cbor',
    unchanged: 'a frame is one message of which each part is proven and within its bounds, or a FrameError',
    open: () => {
      const { directory, open } = receiver(HERON, EGRET)
      const known = [HERON, EGRET, DISPATCHER, OWN].map(({ agent }) => agent)
      return {
        corpus: framesOf(messages),
        take: input =>
          outcomeOf(
            () => {
              const { message } = decodeSync(input, { directory, open, trust: trustInit })
              const speaker = speakerOf(message)
              if (speaker !== null && !known.includes(speaker))
                throw new FaultError(`it lets ${speaker} speak`)
              // What was taken can be passed on, and is no longer than what came.
              if (encodeSync(message, directory).byteLength > Math.max(input.byteLength, SYNC_FRAME_MAX))
                throw new FaultError('it grows')
            },
            error => error instanceof FrameError,
          ),
      }
    },
  }
}

/** Whose signature the message stands on, if it is one agent's. */
function speakerOf(message: PeerMessage): string | null {
  if (message.t === 'delta') return message.positions[0]?.position.agent ?? null
  if (message.t === 'head') return message.head.agent
  if (message.t === 'evidence') return message.evidence.agent
  if (message.t === 'command') return message.command.author
  return message.t === 'command-ack' ? message.ack.target : null
}

const openSwarm: Target = {
  name: 'sync-in-open-swarm',
  form: 'cbor',
  unchanged: 'where nobody has certificates, nothing of trust is read',
  open: () => {
    const { directory, open } = receiver(HERON, EGRET)
    return {
      corpus: framesOf(syncMessages),
      take: input =>
        outcomeOf(
          () => {
            const { t } = decodeSync(input, { directory, open }).message
            if (t !== 'digest' && t !== 'delta') throw new FaultError(`${t} is read`)
          },
          error => error instanceof FrameError,
        ),
    }
  },
}

export const SYNC_FRAMES: readonly Target[] = [
  frames('sync', syncMessages),
  frames('trust-frames', trustMessages),
  openSwarm,
]
