import { cpus } from 'node:os'
import { Command } from 'commander'
import type { BenchOptions, BenchResult } from './result.ts'

interface BenchModule {
  run(options: BenchOptions): Promise<BenchResult>
}

/** Every benchmark by the name of its goal. Loaded only when asked for. */
const BENCHES: Readonly<Record<string, () => Promise<BenchModule>>> = {
  g1: () => import('./gossip/g1.ts'),
  g2: () => import('./gossip/g2.ts'),
  g3: () => import('./g3-dead-reckoning.ts'),
  g4: () => import('./gossip/g4.ts'),
  g9: () => import('./g9-eventlog.ts'),
  g11: () => import('./g11-footprint.ts'),
  g12: () => import('./g12-swarm-size.ts'),
  g13: () => import('./g13-simulator.ts'),
  g17: () => import('./g17-failure-detection.ts'),
  g18: () => import('./g18-first-start.ts'),
  trust: () => import('./trust.ts'),
}

function printResult(result: BenchResult): void {
  console.log(`\n${result.goal.toUpperCase()}  ${result.title}`)
  const width = Math.max(...result.rows.map(row => row.name.length))
  for (const { name, value, unit } of result.rows) {
    console.log(`  ${name.padEnd(width)}  ${formatted(value).padStart(10)} ${unit}`)
  }
  console.log(`  ${result.verdict}`)
}

function formatted(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toFixed(digits)
}

function machine(): string {
  const cores = cpus()
  return `${cores[0]?.model.trim() ?? 'unknown CPU'}, ${cores.length} cores, node ${process.version}`
}

async function main(goals: readonly string[], { quick }: { quick: boolean }): Promise<void> {
  const names = goals.length > 0 ? goals : Object.keys(BENCHES)
  const unknown = names.filter(name => BENCHES[name] === undefined)
  if (unknown.length > 0) {
    console.error(`No benchmark '${unknown.join("', '")}'. There are: ${Object.keys(BENCHES).join(', ')}.`)
    process.exitCode = 2
    return
  }
  console.log(`Machine: ${machine()}`)
  const log = (line: string) => console.error(`  ${line}`)
  for (const name of names) {
    const bench = await BENCHES[name]?.()
    if (bench !== undefined) printResult(await bench.run({ quick, log }))
  }
}

await new Command('bench')
  .description('Measure Skein against its goals, beside stock js-libp2p and others, on this machine.')
  .argument('[goals...]', 'which ones, e.g. g1 g2; all by default')
  .option('--quick', 'shorter and fewer runs: shows that it works, not how fast it is', false)
  .action(main)
  .parseAsync()
