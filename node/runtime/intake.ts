import type { Opener, Refusal } from '../../protocols/position/sealing.ts'
import { cellOfTopic } from '../../protocols/position/topic.ts'
import type { VerdictReason } from '../../src/agent/interface.ts'
import type { AgentId } from '../../src/ports.ts'
import type { Hlc } from '../../src/time/hlc.ts'
import type { Runtime } from './runtime.ts'

export interface IntakeInit {
  readonly open: Opener
  readonly runtime: Pick<Runtime, 'step'>
  /** Whether one more report of this author is to be heard, whoever brings it. */
  readonly hears: (author: AgentId, from: AgentId) => boolean
  /** A report that was news, by its stamp. */
  readonly onFresh: (stamp: Hlc) => void
  readonly onRefused: (reason: Refusal | VerdictReason) => void
}

/** Judges a gossip message, hands it to the agent if it is good, and says whether to relay it. */
export type Intake = (topic: string, bytes: Uint8Array, from: AgentId) => 'accept' | 'ignore' | 'reject'

/**
 * The gate between gossip and the agent. Rejected, and its sender scored down: what no honest node of this
 * swarm and version relays. Ignored: what is merely late, early, unknown or of a newer version.
 */
export function createIntake({ open, runtime, hears, onFresh, onRefused }: IntakeInit): Intake {
  return (topic, bytes, from) => {
    const cell = cellOfTopic(topic)
    if (cell === null) {
      onRefused('misplaced')
      return 'reject'
    }
    const opened = open(bytes, cell)
    if ('refusal' in opened) {
      onRefused(opened.refusal)
      return opened.refusal === 'version' || opened.refusal === 'unknown-key' ? 'ignore' : 'reject'
    }
    const { agent } = opened.signed.position
    const isOwn = agent === from
    if (isOwn && !hears(agent, from)) return 'ignore'
    const verdict = runtime.step({ t: 'position', from, signed: opened.signed })
    if (verdict === null) return 'ignore'
    // What others bring counts if it is news: else whoever replays an author's old reports would silence it.
    if (!isOwn && verdict.reason === 'fresh' && !hears(agent, from)) return 'ignore'
    if (verdict.reason === 'fresh') onFresh(opened.signed.position.hlc)
    else onRefused(verdict.reason)
    return verdict.verdict
  }
}
