import { Command } from 'commander'
import { configDocs } from '../../config/docs.ts'
import { type Explanation, explainConfig } from '../../config/explain.ts'
import { configJsonSchema } from '../../config/json-schema.ts'
import { loadConfig } from '../../config/load.ts'
import { type ConfigOptionValues, configSources, withConfigOptions } from '../config-options.ts'
import { type OutputOptions, outputOption, withExamples } from '../options.ts'
import { dim, type OutputFormat, print, printRows } from '../output.ts'

export function command(): Command {
  const config = new Command('config').description('Check, explain and document the configuration.')
  const check = new Command('check')
    .summary('list everything that is wrong, with line and column')
    .description(
      'Lists everything that is wrong with files, environment and flags. Ends with 78 if anything is.',
    )
    .argument('[files...]', 'instead of --config')
    .action(checkConfig)
  const explain = new Command('explain')
    .summary('say what a key is, its value and where that came from')
    .description('Says what a key is, its value, and what every layer said. Without a key: all values.')
    .argument('[key]', 'a key or a group, such as gossip.flushMs')
    .addOption(outputOption())
    .action(explainKey)
  config.addCommand(withConfigOptions(check)).addCommand(withConfigOptions(explain))
  config
    .command('schema')
    .summary('print the JSON Schema, for editors')
    .description('Prints the JSON Schema of a configuration file, for editors and other checkers.')
    .action(printSchema)
  config
    .command('docs')
    .summary('print the reference of all keys, as Markdown')
    .description('Prints what every key is, with its default and variable, as Markdown.')
    .action(printDocs)
  return withExamples(config, [
    ['skein config check my.yaml', 'is it right?'],
    ['skein config explain gossip.flushMs', 'what is it, and who set it?'],
    ['skein config schema > skein.schema.json', 'for editors'],
  ])
}

function checkConfig(files: readonly string[], options: ConfigOptionValues): void {
  const sources = configSources({ ...options, config: [...(options.config ?? []), ...files] })
  const { config } = loadConfig(sources)
  print(`the configuration is valid: ${config.name}, ${config.role} of swarm ${config.swarm}`)
}

function explainKey(path: string | undefined, options: ConfigOptionValues & OutputOptions): void {
  const explanations = explainConfig(loadConfig(configSources(options)), path)
  const [only] = explanations
  if (options.output === 'table' && explanations.length === 1 && only !== undefined) explainOne(only)
  else explainMany(explanations, options.output)
}

function explainOne({ path, value, what, must, variable, flag, layers }: Explanation): void {
  print(`${path} = ${value}`)
  print(`  ${what}`)
  print(`  ${dim('must be')}  ${must}`)
  print(`  ${dim('set by')}   ${flag ?? `--set ${path}=…`}, ${variable} or in a file`)
  for (const [index, layer] of layers.entries()) {
    print(`  ${dim(index === 0 ? 'is from ' : 'over    ')} ${layer.where}: ${layer.value}`)
  }
}

function explainMany(explanations: readonly Explanation[], output: OutputFormat): void {
  const columns = [
    { title: 'KEY', value: ({ path }: Explanation) => path },
    { title: 'VALUE', value: ({ value }: Explanation) => value },
    { title: 'FROM', value: ({ layers }: Explanation) => layers[0]?.where ?? null },
  ]
  printRows(explanations, columns, output)
}

function printSchema(): void {
  print(JSON.stringify(configJsonSchema(), null, 2))
}

function printDocs(): void {
  process.stdout.write(configDocs())
}
