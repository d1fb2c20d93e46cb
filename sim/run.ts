import { drawSchedule } from './faults/draw.ts'
import { ALL_FAULT_KINDS, FAULT_KINDS, type Fault, type FaultKind, type Schedule } from './faults/schedule.ts'
import { type InvariantName, ViolationError } from './invariants/violation.ts'
import { createRandom } from './kernel/random.ts'
import type { AirCounters } from './net/air.ts'
import { healAtMs, SWARM_DEFAULTS, type SwarmOptions } from './options.ts'
import { Swarm } from './swarm.ts'

/** What happened in one run. Everything in it but `wallMs` and `cpuMs` is the same every time. */
export interface SwarmReport {
  readonly seed: number
  readonly agents: number
  readonly seconds: number
  readonly signer: 'real' | 'fake'
  /** Of a closed swarm: hellos and peers that were turned away; null in an open one. */
  readonly turnedAway: number | null
  readonly kinds: readonly FaultKind[]
  /** Faults that truly happened, by kind. */
  readonly injected: Partial<Record<Fault['t'], number>>
  /** Events taken off the queue. */
  readonly events: number
  readonly air: Readonly<AirCounters>
  /** Mean number of others that an agent knew as points. */
  readonly neighborsHeard: number
  /** Starts that failed to open their store, and that found their log damaged. */
  readonly readErrors: number
  readonly quarantined: number
  /** How often each invariant was checked. */
  readonly checks: Partial<Record<InvariantName, number>>
  /** Seconds after the heal until everyone knew everyone; null = no heal was reached, or never. */
  readonly convergedAfterS: number | null
  readonly traceHash: string
  readonly violation: { readonly invariant: InvariantName; readonly message: string } | null
  readonly wallMs: number
  /** CPU time of the thread that ran it, user and system. */
  readonly cpuMs: number
}

/** The schedule that a run would follow: the one given, or the one its seed draws. */
export function scheduleOf(options: SwarmOptions): Schedule {
  if (options.schedule !== undefined) return options.schedule
  const { faults = 'all' } = options
  const every = options.trust === true ? ALL_FAULT_KINDS : FAULT_KINDS
  const allowed = faults === 'all' ? every : faults === 'none' ? [] : faults
  return drawSchedule(createRandom(options.seed).fork('schedule'), {
    agents: options.agents ?? SWARM_DEFAULTS.agents,
    healAtMs: healAtMs(options.seconds ?? SWARM_DEFAULTS.seconds),
    allowed,
    ...(options.always === undefined ? {} : { always: options.always }),
  })
}

/** Of the thread where Node can tell (23.9 and later), else of the process. */
function threadCpu(since?: NodeJS.CpuUsage): NodeJS.CpuUsage {
  return 'threadCpuUsage' in process
    ? process.threadCpuUsage(since)
    : (process as NodeJS.Process).cpuUsage(since)
}

/** Runs a swarm in virtual time. A broken invariant ends the run and is in the report; nothing is thrown for it. */
export function runSwarm(options: SwarmOptions): SwarmReport {
  const schedule = scheduleOf(options)
  const seconds = options.seconds ?? SWARM_DEFAULTS.seconds
  const wallStart = performance.now()
  const cpuStart = threadCpu()
  const swarm = new Swarm(options, schedule)
  let violation: SwarmReport['violation'] = null
  try {
    swarm.run(seconds)
  } catch (error) {
    if (!(error instanceof ViolationError)) throw error
    violation = { invariant: error.invariant, message: error.message }
  }
  const cpu = threadCpu(cpuStart)
  return {
    seed: options.seed,
    agents: swarm.nodes.length,
    seconds,
    signer: swarm.signer,
    turnedAway: swarm.closed?.refusals ?? null,
    kinds: schedule.kinds,
    injected: swarm.injector.injected,
    events: swarm.kernel.handled,
    air: swarm.air.counters,
    neighborsHeard: swarm.neighborsHeard,
    readErrors: swarm.booting.readErrors,
    quarantined: swarm.booting.quarantined,
    checks: swarm.watch.checks,
    convergedAfterS: swarm.convergence.convergedAfterS,
    traceHash: swarm.trace.hash,
    violation,
    wallMs: performance.now() - wallStart,
    cpuMs: (cpu.user + cpu.system) / 1000,
  }
}
