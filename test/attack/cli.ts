/*
 * Attacks a swarm of real processes on this machine, and says how it fared:
 *
 *   node test/attack/cli.ts [--attack NAME…] [--seconds 10] [--drones 4] [--markdown] [--list]
 */
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { Arena } from './arena/arena.ts'
import { ATTACKS } from './attacks/index.ts'
import { markdown, row } from './table.ts'
import { type Outcome, trial } from './trial.ts'
import { complaints } from './verdict.ts'

const PEACE_S = 5
const LATE_MS = 1_500

/** Of the whole machine, after each attack: what else goes on there disturbs what is measured. */
const loads: number[] = []
const loadNow = (): number => loadavg()[0] ?? 0

const { values } = parseArgs({
  options: {
    attack: { type: 'string', multiple: true },
    seconds: { type: 'string', default: '10' },
    drones: { type: 'string', default: '4' },
    markdown: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
})

function chosen(): readonly string[] {
  const names = values.attack ?? Object.keys(ATTACKS)
  const unknown = names.find(name => ATTACKS[name] === undefined)
  if (unknown === undefined) return names
  console.error(`error: there is no attack '${unknown}': see --list`)
  process.exit(2)
}

async function run(names: readonly string[]): Promise<readonly Outcome[]> {
  await using arena = await Arena.open(Number(values.drones))
  const outcomes: Outcome[] = []
  for (const name of names) {
    const attack = ATTACKS[name]
    if (attack === undefined) continue
    const times = { peaceS: PEACE_S, attackS: Number(values.seconds), lateMs: LATE_MS }
    const outcome = await trial(arena, name, attack, times)
    outcomes.push(outcome)
    loads.push(loadNow())
    console.error(row(outcome))
    console.error(
      JSON.stringify({
        load: loadavg()[0],
        toll: brief(outcome),
        poor: outcome.during.poor,
        counted: outcome.counted,
      }),
    )
  }
  return outcomes
}

const brief = ({ toll: { outMs, ...toll } }: Outcome) => ({ ...toll, outs: outMs.length, first: outMs[0] })

if (values.list) {
  for (const [name, { what }] of Object.entries(ATTACKS)) console.log(`${name.padEnd(20)} ${what}`)
} else {
  const outcomes = await run(chosen())
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, Node ${process.version}`
  const load = [Math.min(...loads), Math.max(...loads)].map(one => one.toFixed(1)).join(' to ')
  console.log(values.markdown ? markdown(outcomes) : outcomes.map(row).join('\n'))
  const rate = outcomes.reduce((sum, { reportsPerS }) => sum + reportsPerS, 0) / outcomes.length
  console.log(`\n${values.drones} drones and a relay, ${rate.toFixed(1)} reports a second each`)
  console.log(`${new Date().toISOString().slice(0, 10)}, ${machine}, load average ${load}`)
  const bad = outcomes.filter(outcome => complaints(outcome).length > 0)
  process.exitCode = bad.length > 0 ? 1 : 0
}
