import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { FuzzFailure, fuzz } from './engine/fuzz.ts'
import type { Target } from './engine/target.ts'
import { TARGETS } from './targets.ts'

const USAGE = `Usage: npm run fuzz -- [--minutes N] [--target NAME] [--seed S] [--case I]

Hands mutated real input to every boundary, in turn, until the time is over. Ends at the first that does harm, with the
input as hex, its file and the command that repeats it.

  --minutes N    how long, all targets together (default 1)
  --target NAME  only this one
  --seed S       of the first round; each round takes the next one (default: by the clock)
  --case I       only this case of the seed
`

/** So long one target is at it before the next has its turn. */
const TURN_MS = 2_000

interface Tally {
  executions: number
  refused: number
  wallMs: number
  cpuMs: number
}

function options() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      target: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      case: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  const numbers = {
    minutes: Number(values.minutes),
    seed: Number(values.seed),
    case: Number(values.case ?? 0),
  }
  const isOne = values.case !== undefined
  const chosen = TARGETS.filter(({ name }) => values.target === undefined || name === values.target)
  if (values.help === true || chosen.length === 0 || !Object.values(numbers).every(Number.isFinite)) {
    const names = TARGETS.map(({ name }) => name).join(', ')
    console.error(`${USAGE}\nTargets: ${names}`)
    process.exit(values.help === true ? 0 : 2)
  }
  return { ...numbers, isOne, chosen }
}

/** One turn of one target. A seed and a case number name an input for good. */
async function turn(
  target: Target,
  seed: number,
  from: number,
  endsAtMs: number,
  tally: Tally,
): Promise<number> {
  const startedMs = performance.now()
  const until = Math.min(startedMs + TURN_MS, endsAtMs)
  const report = await fuzz(target, { seed, from, goesOn: () => performance.now() < until })
  tally.executions += report.taken + report.refused
  tally.refused += report.refused
  tally.cpuMs += report.cpuMs
  tally.wallMs += performance.now() - startedMs
  return report.taken + report.refused
}

async function report(failure: FuzzFailure): Promise<void> {
  const dir = join(tmpdir(), 'skein-fuzz')
  await mkdir(dir, { recursive: true })
  const { target, seed, index } = failure.recipe
  const file = join(dir, `${target}-${seed}-${index}.hex`)
  await writeFile(file, `${Buffer.from(failure.input).toString('hex')}\n`)
  console.error(`${failure.message}\n  file: ${file}`)
}

function print(tallies: ReadonlyMap<string, Tally>): void {
  console.log(`${'target'.padEnd(26)}executions  refused  per s  ms CPU each`)
  for (const [name, { executions, refused, wallMs, cpuMs }] of tallies) {
    const share = executions === 0 ? 0 : Math.round((100 * refused) / executions)
    const perS = Math.round((1000 * executions) / Math.max(1, wallMs))
    const each = (cpuMs / Math.max(1, executions)).toFixed(3)
    console.log(
      `${name.padEnd(26)}${String(executions).padStart(10)}${`${share} %`.padStart(9)}${String(perS).padStart(7)}${each.padStart(13)}`,
    )
  }
}

async function main(): Promise<void> {
  const { minutes, seed, case: index, isOne, chosen } = options()
  if (isOne) {
    for (const target of chosen) await fuzz(target, { seed, from: index, goesOn: done => done < 1 })
    console.log('no harm done')
    return
  }
  const endsAtMs = performance.now() + minutes * 60_000
  const tallies = new Map<string, Tally>()
  const next = new Map<string, number>()
  console.log(`seed ${seed}, ${chosen.length} targets`)
  while (performance.now() < endsAtMs) {
    for (const target of chosen) {
      if (performance.now() >= endsAtMs) break
      const { name } = target
      const tally = tallies.get(name) ?? { executions: 0, refused: 0, wallMs: 0, cpuMs: 0 }
      tallies.set(name, tally)
      const from = next.get(name) ?? 0
      next.set(name, from + (await turn(target, seed, from, endsAtMs, tally)))
    }
  }
  print(tallies)
}

process.on('unhandledRejection', error => {
  console.error('an unhandled rejection:', error)
  process.exitCode = 1
})

try {
  await main()
} catch (error) {
  if (!(error instanceof FuzzFailure)) throw error
  await report(error)
  process.exitCode = 1
}
