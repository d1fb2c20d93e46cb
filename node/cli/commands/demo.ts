import { Command } from 'commander'
import { logLevelOption, wholeNumber, withExamples } from '../options.ts'

interface DemoFlags {
  readonly agents: number
  readonly api: number
  readonly dataDir?: string
  readonly for?: number
  readonly open: boolean
}

export function command(): Command {
  const demo = new Command('demo')
    .description(
      'Flies a swarm on this machine: a relay and drones as processes of their own, real network, real logs on disk, delivery routes over Zurich, and a live map in the browser. Ctrl-C leaves nothing running.',
    )
    .option('-n, --agents <count>', 'drones to fly', wholeNumber('--agents'), 8)
    .option('--api <port>', 'port of the live map; the next free one if taken', wholeNumber('--api'), 4780)
    .option('--data-dir <dir>', 'keep identities and logs here; else they are removed at the end')
    .option('--no-open', 'do not show the map in the browser')
    .option('--for <seconds>', 'end by itself after this time', wholeNumber('--for'))
    .addOption(logLevelOption())
    .action(fly)
  return withExamples(demo, [
    ['skein demo', 'eight drones'],
    ['skein demo --agents 16', 'more of them'],
    ['skein demo --data-dir /tmp/swarm', 'keep the logs, to look into them afterwards'],
  ])
}

async function fly(flags: DemoFlags): Promise<void> {
  const { runDemo } = await import('../../demo/index.ts')
  await runDemo({
    agents: flags.agents,
    apiPort: flags.api,
    dataDir: flags.dataDir ?? null,
    forS: flags.for ?? null,
    open: flags.open,
  })
}
