import { Command } from 'commander'
import { loadConfig } from '../../config/load.ts'
import { type ConfigOptionValues, configSources, withConfigOptions } from '../config-options.ts'
import { withExamples } from '../options.ts'
import { type RunFlags, runNode } from '../run-node.ts'

export function command(): Command {
  const run = new Command('run')
    .description(
      'Runs a node until Ctrl-C. It needs no configuration: it makes itself an identity, finds peers on the local network, and serves its API on loopback.',
    )
    .option('--repair', 'copy a store that cannot be opened aside, and repair it as far as it goes')
    .action((options: ConfigOptionValues & RunFlags) => runNode(loadConfig(configSources(options)), options))
  return withExamples(withConfigOptions(run), [
    ['skein run --vehicle simulated', 'a drone that flies by itself'],
    ['skein run --vehicle replay:flight.tlog', 'a recorded flight'],
    ['skein run', 'your program posts positions to its API'],
    ['skein run --config heron.yaml --name heron-2', 'a file, and a flag over it'],
  ])
}
