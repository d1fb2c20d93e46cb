import { createWriteStream, readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import {
  ALL_FAULT_KINDS,
  FAULT_KINDS,
  type FaultKind,
  type Schedule,
  TRUST_FAULT_KINDS,
} from './faults/schedule.ts'
import { shrinkSchedule } from './faults/shrink.ts'
import { SWARM_DEFAULTS } from './options.ts'
import { type PlainOptions, runMany } from './pool.ts'
import { formatLine, formatReport, reproduce } from './report.ts'
import { runSwarm, type SwarmReport, scheduleOf } from './run.ts'

interface Flags {
  readonly seed: number
  readonly closed?: boolean
  readonly agents: number
  readonly seconds: number
  readonly faults: 'all' | 'none' | readonly FaultKind[]
  readonly always?: readonly FaultKind[]
  readonly density: number
  readonly range: number
  readonly signer?: 'real' | 'fake'
  readonly runs: number
  readonly workers: number
  readonly schedule?: string
  readonly saveSchedule?: string
  readonly shrink?: string
  readonly trace?: string
  readonly checkRepeat?: boolean
  readonly json?: boolean
}

function integer(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('Give a whole number.')
  return value
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('Give a number above 0.')
  return value
}

function kinds(text: string): readonly FaultKind[] {
  return text.split(',').map(name => {
    const kind = ALL_FAULT_KINDS.find(known => known === name)
    if (kind === undefined)
      throw new InvalidArgumentError(`'${name}' is no fault; there are: ${ALL_FAULT_KINDS.join(', ')}.`)
    return kind
  })
}

const faults = (text: string): Flags['faults'] => (text === 'all' || text === 'none' ? text : kinds(text))

function signer(text: string): 'real' | 'fake' {
  if (text !== 'real' && text !== 'fake') throw new InvalidArgumentError("Give 'real' or 'fake'.")
  return text
}

/** The command line of the simulator. */
export function simCommand(): Command {
  return new Command('sim')
    .description(
      'Flies a swarm of the real agents in virtual time, with faults drawn from the seed, and checks what must hold.',
    )
    .option('--seed <n>', 'decides everything that is drawn by lot', integer, 1)
    .option('--agents <n>', 'drones', integer, SWARM_DEFAULTS.agents)
    .option('--seconds <n>', 'virtual seconds', positive, SWARM_DEFAULTS.seconds)
    .option('--closed', 'a closed swarm: certificates, hello first, revocations')
    .option(
      '--faults <all|none|list>',
      `which may be drawn: ${FAULT_KINDS.join(', ')}; with --closed: ${TRUST_FAULT_KINDS.join(', ')}`,
      faults,
      'all',
    )
    .option('--always <list>', 'faults that are on whatever is drawn', kinds)
    .option('--density <n>', 'drones per km2', positive, SWARM_DEFAULTS.density)
    .option('--range <m>', 'radio range of one hop, m', positive, SWARM_DEFAULTS.rangeM)
    .option('--signer <real|fake>', 'Ed25519, or a cheap stand-in (default: real on every 20th seed)', signer)
    .option('--runs <n>', 'run this many seeds, counted up from --seed', integer, 1)
    .option('--workers <n>', 'threads for --runs', integer, 2)
    .option('--schedule <file>', 'replay a saved schedule of faults')
    .option('--save-schedule <file>', 'save the schedule of faults as JSON')
    .option('--shrink <file>', 'on a violation, look for the smallest schedule that still fails, and save it')
    .option('--trace <file>', 'write every input of every agent as a line of JSON')
    .option('--check-repeat', 'run twice, the second time in another thread, and compare the traces')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', '\nExit code 1: an invariant was violated, or a run did not repeat.\n')
}

function optionsOf(flags: Flags): PlainOptions {
  return {
    seed: flags.seed,
    agents: flags.agents,
    seconds: flags.seconds,
    faults: flags.faults,
    density: flags.density,
    rangeM: flags.range,
    ...(flags.closed === true ? { trust: true } : {}),
    ...(flags.always === undefined ? {} : { always: flags.always }),
    ...(flags.signer === undefined ? {} : { signer: flags.signer }),
    ...(flags.schedule === undefined
      ? {}
      : { schedule: JSON.parse(readFileSync(flags.schedule, 'utf8')) as Schedule }),
  }
}

/** Runs what the command line asks for; false = something does not hold. */
export async function runSim(flags: Flags): Promise<boolean> {
  const options = optionsOf(flags)
  if (flags.saveSchedule !== undefined) save(flags.saveSchedule, scheduleOf(options))
  if (flags.runs > 1) return runSeeds(options, flags)
  const report = runTraced(options, flags.trace)
  console.log(flags.json === true ? JSON.stringify(report) : formatReport(report))
  if (report.violation !== null) {
    console.log(`again    ${reproduce(options)}`)
    if (flags.shrink !== undefined) save(flags.shrink, shrink(options, report.violation.invariant))
  }
  return (flags.checkRepeat !== true || (await repeats(options, report))) && report.violation === null
}

async function runSeeds(options: PlainOptions, { runs, workers, json }: Flags): Promise<boolean> {
  const seeds = Array.from({ length: runs }, (_, i) => ({ ...options, seed: options.seed + i }))
  const print = (report: SwarmReport) =>
    console.log(json === true ? JSON.stringify(report) : formatLine(report))
  const reports = await runMany(seeds, { workers, onReport: print })
  const failed = reports.filter(report => report.violation !== null)
  for (const { seed } of failed) console.log(`again    ${reproduce({ ...options, seed })}`)
  if (json !== true) console.log(`${reports.length} seeds, ${failed.length} violated`)
  return failed.length === 0
}

function runTraced(options: PlainOptions, file: string | undefined): SwarmReport {
  if (file === undefined) return runSwarm(options)
  const out = createWriteStream(file)
  try {
    return runSwarm({ ...options, onInput: line => void out.write(`${JSON.stringify(line)}\n`) })
  } finally {
    out.end()
  }
}

async function repeats(options: PlainOptions, report: SwarmReport): Promise<boolean> {
  const [again] = await runMany([options], { workers: 1 })
  const same = again?.traceHash === report.traceHash && again.events === report.events
  console.log(
    same
      ? 'repeat   the same, to the last event'
      : `repeat   DIFFERS: ${again?.traceHash}, ${again?.events} events`,
  )
  return same
}

function shrink(options: PlainOptions, invariant: string): Schedule {
  let runs = 0
  const smallest = shrinkSchedule(scheduleOf(options), schedule => {
    runs++
    return runSwarm({ ...options, schedule }).violation?.invariant === invariant
  })
  console.log(`shrunk   to ${smallest.faults.length} faults in ${runs} runs`)
  return smallest
}

function save(file: string, schedule: Schedule): void {
  writeFileSync(file, `${JSON.stringify(schedule, null, 1)}\n`)
  console.log(`saved    ${file}`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const command = simCommand().action(async (flags: Flags) => {
    process.exitCode = (await runSim(flags)) ? 0 : 1
  })
  await command.parseAsync()
}
