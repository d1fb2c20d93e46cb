import { Command } from 'commander'
import { loadConfig } from '../../config/load.ts'
import { type ConfigOptionValues, configSources, withConfigOptions } from '../config-options.ts'
import { withExamples } from '../options.ts'
import { runNode } from '../run-node.ts'

export function command(): Command {
  const relay = new Command('relay')
    .description(
      'Runs a relay until Ctrl-C: a node that flies nothing, through which others find and reach each other. Two or three on reachable hosts carry a fleet. It is `skein run` with the profile relay.',
    )
    .action((options: ConfigOptionValues) =>
      runNode(loadConfig({ ...configSources(options), profile: 'relay' })),
    )
  return withExamples(withConfigOptions(relay, ['profile', 'vehicle']), [
    ['skein relay --swarm north', 'a relay of swarm north'],
    ['skein relay --announce /dns4/relay.example/tcp/4710', 'behind port forwarding'],
    ['skein run --bootstrap /dns4/relay.example/tcp/4710', 'a node that uses it'],
  ])
}
