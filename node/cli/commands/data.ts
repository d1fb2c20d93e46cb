import { Command, Option } from 'commander'
import { loadConfig } from '../../config/load.ts'
import type { ConvertOptions } from '../../store/sealed/convert.ts'
import { type KeySource, nameOfSource } from '../../store/sealed/key-source.ts'
import { type ConfigOptionValues, configSources } from '../config-options.ts'
import { UsageError } from '../failure.ts'
import { logLevelOption, withExamples } from '../options.ts'
import { hint, print } from '../output.ts'
import { untilInterrupted } from '../watch.ts'

export function command(): Command {
  const data = new Command('data').description(
    'Encrypts the data directory of a node that does not run, with the key that its configuration names (dataKey). All is written again and read back before anything is removed: interrupt it when you like, and run it again.',
  )
  for (const child of [encryptCommand(), decryptCommand(), rekeyCommand()]) data.addCommand(onDataDir(child))
  return withExamples(data, [
    ['(umask 077; openssl rand -base64 32 > /media/key/data.key)', 'a key, on another device'],
    ['skein data encrypt --set dataKey.file=/media/key/data.key', 'then set it for skein run'],
    ['skein data rekey --new-key-file other.key', 'another key, the same data'],
  ])
}

function onDataDir(command: Command): Command {
  return command
    .addOption(
      new Option('-c, --config <file>', 'YAML file that names data directory and key').argParser(file => [
        file,
      ]),
    )
    .option('--data-dir <dir>', 'directory of the node')
    .addOption(
      new Option('--set <path=value>', 'dataKey.file=FILE, dataKey.command=PROGRAM,ARGUMENT').argParser(
        gather,
      ),
    )
    .addOption(logLevelOption())
}

const gather = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

function encryptCommand(): Command {
  return new Command('encrypt')
    .summary('encrypt a directory that is not yet')
    .description(
      'Encrypts events, identity and network key. A new node needs none of this: with dataKey set, it never writes them in plain. What was in plain is deleted, and that is all: flash memory keeps it for a while.',
    )
    .action(async (options: ConfigOptionValues) => {
      const { encryptData } = await import('../../store/sealed/convert.ts')
      await convert(options, encryptData, { done: 'is encrypted now', before: 'was encrypted before' })
    })
}

function decryptCommand(): Command {
  return new Command('decrypt')
    .summary('write it in plain again')
    .description('Writes everything in plain again. Leave dataKey out of the configuration then.')
    .action(async (options: ConfigOptionValues) => {
      const { decryptData } = await import('../../store/sealed/convert.ts')
      await convert(options, decryptData, { done: 'is in plain now', before: 'was in plain before' })
    })
}

type Conversion = (dir: string, key: KeySource, options: ConvertOptions) => Promise<boolean>

async function convert(
  options: ConfigOptionValues,
  conversion: Conversion,
  words: { readonly done: string; readonly before: string },
): Promise<void> {
  const { dataDir, dataKey } = loadConfig(configSources(options)).config
  const { signal, done: stopListening } = untilInterrupted()
  try {
    const isDone = await conversion(dataDir, dataKey, { signal, onStep: step => hint(STEPS[step]) })
    print(`${dataDir} ${isDone ? words.done : words.before}`)
  } finally {
    stopListening()
  }
}

const STEPS = {
  key: 'opening it',
  copy: 'copying the log',
  check: 'reading it back',
  identity: 'copying the identity',
  switch: 'switching over',
  remove: 'removing what was before',
  done: 'done',
}

interface RekeyFlags {
  readonly newKeyFile?: string
  readonly newKeyCommand?: readonly string[]
}

function rekeyCommand(): Command {
  return new Command('rekey')
    .summary('change the key, not the data')
    .description(
      'Changes the key that opens the directory. At once, for only the data key is wrapped anew: somebody who had the old key and a copy of the directory goes on having what was in it. Set dataKey to the new key then.',
    )
    .option('--new-key-file <file>', 'as dataKey.file')
    .addOption(
      new Option('--new-key-command <list>', 'as dataKey.command: PROGRAM,ARGUMENT,…').argParser(text =>
        text.split(','),
      ),
    )
    .action(rekey)
}

async function rekey(options: ConfigOptionValues & RekeyFlags): Promise<void> {
  const to = { file: options.newKeyFile ?? null, command: options.newKeyCommand ?? [] }
  if ((to.file === null) === (to.command.length === 0))
    throw new UsageError('give --new-key-file or --new-key-command')
  const { dataDir, dataKey } = loadConfig(configSources(options)).config
  const { rewrapDataKey } = await import('../../store/sealed/unlock.ts')
  await rewrapDataKey(dataDir, dataKey, to)
  print(`${dataDir} opens with ${nameOfSource(to)} from now on`)
}
