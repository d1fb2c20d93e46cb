import { deepStrictEqual } from 'node:assert/strict'
import { serialize } from 'node:v8'
import { createIntake } from '../../../node/runtime/intake.ts'
import { createSyncIntake } from '../../../node/runtime/sync-intake.ts'
import { FrameError } from '../../../protocols/frame-error.ts'
import { positionTopic } from '../../../protocols/position/topic.ts'
import { createRandom } from '../../../sim/kernel/random.ts'
import { fakeSigner } from '../../../sim/signer.ts'
import { type Agent, createAgent } from '../../../src/agent/agent.ts'
import { DEFAULT_AGENT_CONFIG } from '../../../src/agent/config.ts'
import type { Effect, Input } from '../../../src/agent/interface.ts'
import type { TrustPort } from '../../../src/agent/trust-port.ts'
import { createRecovery } from '../../../src/eventlog/recover.ts'
import type { Now } from '../../../src/ports.ts'
import { HOVER, T0_MS } from '../../src/position/samples.ts'
import { FaultError, type Form, type Outcome, type Target } from '../engine/target.ts'
import { commandMessages } from './command-frames.ts'
import { reports, signReport, unsignedReports } from './positions.ts'
import {
  CELL,
  DISPATCHER,
  dispatcherCredential,
  EGRET,
  egretCredential,
  genesis,
  HERON,
  heronCredential,
  OWN,
  openedCredential,
  ownCredential,
  receiver,
  reportsOf,
  type Somebody,
  trustInit,
} from './swarm.ts'
import { framesOf, syncMessages, trustMessages } from './sync-frames.ts'

const START_US = 9_000_000
const own = openedCredential(ownCredential)
const members = [
  { who: HERON, credential: openedCredential(heronCredential) },
  { who: EGRET, credential: openedCredential(egretCredential) },
  { who: DISPATCHER, credential: openedCredential(dispatcherCredential) },
]
const [, egretReport] = reportsOf(EGRET, 2)

const trust: TrustPort = {
  genesis,
  own,
  revocations: null,
  recall: { revocations: () => null, head: () => null },
  sealHead: head => ({ ...head, bytes: Uint8Array.of(head.seq) }),
  sealCommand: command => ({ ...command, bytes: new Uint8Array() }),
  sealAck: ack => ({ ...ack, bytes: new Uint8Array() }),
}

/** An agent of a closed swarm with three peers up and one report heard, and the time it lives in. */
class Housed {
  readonly agent: Agent
  readonly #startMs: number
  ms = 0

  constructor() {
    const signer = fakeSigner(1)
    const recovery = createRecovery({ author: OWN.agent, boot: 3, signer, hlc: 0 })
    while (recovery.range !== null) recovery.rangeEnd()
    this.#startMs = T0_MS + 1_000
    const config = { ...DEFAULT_AGENT_CONFIG, agent: OWN.agent, boot: 3 }
    this.agent = createAgent(config, { random: createRandom(1), signer, trust }, recovery.result())
    this.step({ t: 'start', data: {} })
    this.step({ t: 'fix', fix: HOVER })
    for (const { who, credential } of members) this.#meet(who, credential)
    if (egretReport !== undefined) this.step({ t: 'position', from: EGRET.agent, signed: egretReport })
  }

  #meet({ agent: peer }: Somebody, credential: typeof own): void {
    const shown = { opened: { credential }, boot: 2, instance: peer.slice(-4), epoch: 0 }
    this.step({ t: 'hello', peer, shown })
    this.step({ t: 'peer', peer, up: true, why: 'met' })
  }

  get now(): Now {
    return { monoUs: START_US + this.ms * 1000, wallMs: this.#startMs + this.ms }
  }

  /** Every write is done as soon as it is asked for. */
  step(input: Input): readonly Effect[] {
    const effects = [...this.agent.step(input, this.now)]
    for (let i = 0; i < effects.length; i++) {
      const effect = effects[i]
      if (effect?.t === 'write')
        effects.push(...this.agent.step({ t: 'written', token: effect.token }, this.now))
    }
    return effects
  }

  /** All that others can see of it, and what it does next: a digest to answer, a moment to live through. */
  shows(): readonly unknown[] {
    const { sharing, syncing, counters, trusting, clock, journal } = this.agent
    const [digest] = syncMessages
    if (digest?.t !== 'digest') throw new Error('no digest')
    this.ms += 10
    return [
      this.step({ t: 'tick' }),
      this.step({ t: 'sync', from: HERON.agent, message: digest }),
      this.agent.neighbors(this.now),
      [...sharing.world.all()],
      sharing.interest.joined(),
      syncing.peers,
      { ...counters },
      journal.log.head.seq,
      clock.read(this.now),
      members.map(({ who }) => trusting?.membership.standing(who.agent, clock.read(this.now))),
      trusting?.membership.epoch,
    ]
  }
}

/** As bytes first: that takes a tenth of the time. */
function expectSame(one: readonly unknown[], other: readonly unknown[]): void {
  if (serialize(one).equals(serialize(other))) return
  deepStrictEqual(one, other, 'a refused frame left something behind')
}

/**
 * Two agents that have lived through the same; one of them is handed a mutant, and when that was refused both must
 * show the same and do the same from then on. When it was taken they are made anew.
 */
function twins(
  name: string,
  form: Form,
  unchanged: string,
  corpus: readonly Uint8Array[],
  handle: (housed: Housed, count: () => void, input: Uint8Array) => Outcome,
): Target {
  return {
    name,
    form,
    unchanged,
    open: () => {
      let pair: readonly [Housed, Housed] = [new Housed(), new Housed()]
      let counted = 0
      return {
        corpus,
        take: input => {
          const [one, other] = pair
          const before = counted
          const outcome = handle(one, () => void counted++, input)
          if (outcome === 'taken') pair = [new Housed(), new Housed()]
          else {
            if (counted === before) throw new FaultError('no counter rose')
            expectSame(one.shows(), other.shows())
          }
          return outcome
        },
      }
    },
  }
}

/** One for all: what is known of keys depends on signatures that hold, which no refused frame has. */
const known = receiver(HERON, EGRET)

/** A gossip message of a peer, as the shell hands it to the agent. */
function intoGossip(housed: Housed, count: () => void, bytes: Uint8Array): Outcome {
  const intake = createIntake({
    open: known.open,
    runtime: {
      step: input => {
        const verdict = housed.step(input).find(effect => effect.t === 'verdict')
        return verdict?.t === 'verdict' ? verdict : null
      },
    },
    hears: () => true,
    onFresh: () => {},
    onRefused: count,
  })
  return intake(positionTopic(CELL), bytes, HERON.agent) === 'reject' ? 'refused' : 'taken'
}

/** A frame of the sync stream, likewise. */
function intoSync(housed: Housed, count: () => void, frame: Uint8Array): Outcome {
  const step = (input: Input) => void housed.step(input)
  const take = createSyncIntake({ ...known, trust: trustInit, step, onRefused: count })
  try {
    take(HERON.agent, frame)
    return 'taken'
  } catch (error) {
    if (error instanceof FrameError) return 'refused'
    throw error
  }
}

const SAME =
  'after a refused frame the agent shows and does what its twin does that never got it, and a counter rose'

export const HANDLERS: readonly Target[] = [
  twins('gossip-intake', 'binary', SAME, reports, intoGossip),
  twins('gossip-intake-by-member', 'binary', SAME, unsignedReports, (housed, count, input) =>
    intoGossip(housed, count, signReport(input)),
  ),
  twins(
    'sync-intake',
    'cbor',
    SAME,
    framesOf([...syncMessages, ...trustMessages, ...commandMessages]),
    intoSync,
  ),
]
