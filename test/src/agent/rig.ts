import { agentIdOf } from '../../../protocols/identity/agent-id.ts'
import { createRandom } from '../../../sim/kernel/random.ts'
import { fakeSigner } from '../../../sim/signer.ts'
import { type Agent, type AgentPorts, createAgent } from '../../../src/agent/agent.ts'
import { type AgentConfig, DEFAULT_AGENT_CONFIG } from '../../../src/agent/config.ts'
import type { Effect, Input, Recovered } from '../../../src/agent/interface.ts'
import type { TrustPort } from '../../../src/agent/trust-port.ts'
import type { HashedEvent } from '../../../src/eventlog/event.ts'
import { createRecovery } from '../../../src/eventlog/recover.ts'
import type { LogView } from '../../../src/eventlog/views.ts'
import { cellOf } from '../../../src/geo/cells.ts'
import type { Now } from '../../../src/ports.ts'
import type { Position, SignedPosition } from '../../../src/position/position.ts'
import { HOVER, positionWith, T0_MS } from '../position/samples.ts'

export type EffectOf<T extends Effect['t']> = Extract<Effect, { t: T }>

/** The effects of one kind. */
export function pick<T extends Effect['t']>(effects: readonly Effect[], t: T): readonly EffectOf<T>[] {
  return effects.filter((effect): effect is EffectOf<T> => effect.t === t)
}

export const eventTypes = (effects: readonly Effect[]): readonly string[] =>
  pick(effects, 'event').map(({ event }: { event: HashedEvent }) => event.event.type)

const RESOLUTION = DEFAULT_AGENT_CONFIG.cellResolution

/** A report as the shell hands it in: verified; the agent never looks into its bytes. */
export function signed(changes: Partial<Position>): SignedPosition {
  const position = positionWith(changes)
  const bytes = Uint8Array.from([position.boot, position.seq])
  return { position, cell: cellOf(position.latE7, position.lonE7, RESOLUTION), bytes }
}

/** Whom an agent with no log is told it was. */
function nothingRecovered(author: string, seed: number, latest: LogView['latest']): Recovered {
  const recovery = createRecovery({ author, boot: 1, signer: fakeSigner(seed), hlc: 0 })
  while (recovery.range !== null) recovery.rangeEnd()
  const recovered = recovery.result()
  return { ...recovered, view: { ...recovered.view, latest } }
}

/** One agent and the time it lives in: true time is T0_MS + `ms`, its wall clock off by `wallOffMs`. */
export class Rig {
  readonly agent: Agent
  readonly id: string
  ms = 0
  wallOffMs = 0

  constructor(
    seed = 1,
    config: Partial<AgentConfig> = {},
    trustOf?: (agent: string) => TrustPort,
    latest: LogView['latest'] = new Map(),
    ruled: Pick<AgentPorts, 'vehicle' | 'rules'> = {},
  ) {
    const signer = fakeSigner(seed)
    this.id = agentIdOf(signer.publicKey)
    const full = { ...DEFAULT_AGENT_CONFIG, agent: this.id, boot: 3, ...config }
    const ports = { random: createRandom(seed), signer, trust: trustOf?.(this.id), ...ruled }
    this.agent = createAgent(full, ports, nothingRecovered(this.id, seed, latest))
  }

  get now(): Now {
    return { monoUs: 9_000_000 + this.ms * 1000, wallMs: T0_MS + this.ms + this.wallOffMs }
  }

  step(input: Input): readonly Effect[] {
    return this.agent.step(input, this.now)
  }

  /** Lets `ms` pass, then steps. */
  after(ms: number, input: Input): readonly Effect[] {
    this.ms += ms
    return this.step(input)
  }

  start(): readonly Effect[] {
    return this.step({ t: 'start', data: {} })
  }

  /** Hears a report off the air, and says what the agent made of it. */
  hear(changes: Partial<Position>, from = 'peer'): string {
    const [verdict] = pick(this.step({ t: 'position', from, signed: signed(changes) }), 'verdict')
    return `${verdict?.verdict} ${verdict?.reason}`
  }

  fix(changes: Partial<typeof HOVER> = {}): readonly Effect[] {
    return this.step({ t: 'fix', fix: { ...HOVER, ...changes } })
  }

  /** Reports every write as done, and those asked for thereupon; the effects of all. */
  settle(effects: readonly Effect[]): readonly Effect[] {
    const done: Effect[] = []
    const open = [...pick(effects, 'write')]
    for (let write = open.shift(); write !== undefined; write = open.shift()) {
      const followed = this.step({ t: 'written', token: write.token })
      done.push(...followed)
      open.push(...pick(followed, 'write'))
    }
    return done
  }
}
