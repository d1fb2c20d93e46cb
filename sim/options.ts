import type { Agent, AgentPorts } from '../src/agent/agent.ts'
import { type AgentConfig, DEFAULT_AGENT_CONFIG } from '../src/agent/config.ts'
import type { Recovered } from '../src/agent/interface.ts'
import type { FaultKind, Schedule } from './faults/schedule.ts'

/** One node's part in making its agent; tests hand in broken ones to show that they are caught. */
export type MakeAgent = (config: AgentConfig, ports: AgentPorts, recovered: Recovered) => Agent

/** What a run is made of. Everything has a default but the seed. */
export interface SwarmOptions {
  /** Decides everything that is drawn by lot. */
  readonly seed: number
  /** @default 100 */
  readonly agents?: number
  /** Virtual seconds. @default 600 */
  readonly seconds?: number
  /** Kinds of fault that may be drawn. @default 'all' */
  readonly faults?: 'all' | 'none' | readonly FaultKind[]
  /** Kinds that are on whatever is drawn. @default [] */
  readonly always?: readonly FaultKind[]
  /** A closed swarm: an authority, certificates, hello first, and faults of trust. @default false */
  readonly trust?: boolean
  /** Replays this schedule instead of drawing one. */
  readonly schedule?: Schedule
  /** Agents per km2. @default 7, with which a drone hears about 30 others */
  readonly density?: number
  /** Radio range of one hop, m. @default 1200 */
  readonly rangeM?: number
  /** Agent configuration that differs from the default. */
  readonly config?: Partial<Omit<AgentConfig, 'agent' | 'boot'>>
  /** @default 'real' on every 20th seed, else 'fake' */
  readonly signer?: 'real' | 'fake'
  /** @default the real agent */
  readonly makeAgent?: MakeAgent
  /** Gets a line for every input, for looking into a run; costs a lot. */
  readonly onInput?: (line: TraceLine) => void
}

/** One input of one agent. */
export interface TraceLine {
  readonly atUs: number
  readonly node: number
  readonly input: string
  readonly digest: string
}

/** After the heal it must take no longer than this until everyone knows everyone alive, s. */
export const CONVERGE_WITHIN_S = 60
/**
 * ... and until all who listen to a cell agree on the last report of the dead there, s. Only anti-entropy carries those: one
 * peer by lot every five seconds, so that in a thin swarm the right one is not met at once.
 */
export const AGREE_WITHIN_S = 120
/** The calm watched after that, s. */
const CALM_S = 15

export const SWARM_DEFAULTS = { agents: 100, seconds: 600, density: 7, rangeM: 1_200 } as const

/** When faults end, ms: early enough to see convergence. Short runs are half trouble, half heal. */
export function healAtMs(seconds: number): number {
  return Math.round(1000 * Math.max(seconds / 2, seconds - AGREE_WITHIN_S - CALM_S))
}

/** The configuration of every agent of a run. */
export function agentConfig(options: SwarmOptions): Omit<AgentConfig, 'agent' | 'boot'> {
  return { ...DEFAULT_AGENT_CONFIG, ...options.config }
}
