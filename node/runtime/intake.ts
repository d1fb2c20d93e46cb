import type { Opener, Refusal } from '../../protocols/position/sealing.ts'
import { cellOfTopic } from '../../protocols/position/topic.ts'
import type { VerdictReason } from '../../src/agent/interface.ts'
import type { AgentId } from '../../src/ports.ts'
import type { Runtime } from './runtime.ts'

/** What came in, by outcome. */
export type IntakeOutcome = VerdictReason | Refusal | 'unknown-topic'

export const INTAKE_OUTCOMES: readonly IntakeOutcome[] = [
  'fresh',
  'own',
  'stale',
  'expired',
  'future',
  'malformed',
  'version',
  'unknown-key',
  'signature',
  'misplaced',
  'implausible',
  'unknown-topic',
]

export interface Intake {
  readonly outcomes: Record<IntakeOutcome, number>
  /** Judges a gossip message, hands it to the agent if it is good, and says whether to relay it. */
  receive(topic: string, bytes: Uint8Array, from: AgentId): 'accept' | 'ignore' | 'reject'
}

export interface IntakeInit {
  readonly open: Opener
  readonly runtime: () => Runtime
  /** A report that was news; its age at arrival, ms. */
  readonly onFresh: (stampMs: number) => void
}

/**
 * The gate between gossip and the agent. Rejected, and its sender scored down: what no honest node of this
 * swarm and version relays. Ignored: what is merely late, early, unknown or of a newer version.
 */
export function createIntake({ open, runtime, onFresh }: IntakeInit): Intake {
  const outcomes = Object.fromEntries(INTAKE_OUTCOMES.map(outcome => [outcome, 0])) as Record<
    IntakeOutcome,
    number
  >
  return {
    outcomes,
    receive(topic, bytes, from) {
      const cell = cellOfTopic(topic)
      if (cell === null) {
        outcomes['unknown-topic']++
        return 'reject'
      }
      const opened = open(bytes, cell)
      if ('refusal' in opened) {
        outcomes[opened.refusal]++
        return opened.refusal === 'version' || opened.refusal === 'unknown-key' ? 'ignore' : 'reject'
      }
      const verdict = runtime().step({ t: 'position', from, signed: opened.signed })
      if (verdict === null) return 'ignore'
      outcomes[verdict.reason]++
      if (verdict.reason === 'fresh') onFresh(opened.signed.position.hlc)
      return verdict.verdict
    },
  }
}
