import { Command, Option } from 'commander'
import { exportLog } from '../../store/read-log.ts'
import { EXIT } from '../exit-codes.ts'
import { UsageError } from '../failure.ts'
import { verifyExported } from '../log/exported.ts'
import { linesOf, writeLines } from '../log/lines.ts'
import { type Offline, storedEvents, verifyStored, withStore } from '../log/offline.ts'
import { ofTypes, printEvents } from '../log/print-events.ts'
import { tail } from '../log/tail.ts'
import { printVerdict, type Verdict } from '../log/verdict.ts'
import { trustOf } from '../log/witness.ts'
import {
  type ApiOptions,
  clientOf,
  type OutputOptions,
  outputOption,
  wholeNumber,
  withApiOptions,
  withExamples,
} from '../options.ts'
import { untilInterrupted } from '../watch.ts'

export function command(): Command {
  const log = new Command('log').description(
    'The signed event log of a node: of one that runs, or with --data-dir of one that does not.',
  )
  for (const child of [tailCommand(), showCommand(), verifyCommand(), exportCommand()]) log.addCommand(child)
  return withExamples(log, [
    ['skein log tail', 'what happens, as it happens'],
    ['skein log show --types peer.* -o ndjson', 'for programs'],
    ['skein log export > heron.ndjson', 'with signatures'],
    ['skein log verify heron.ndjson', 'is it as it was written?'],
  ])
}

const onDataDir = (command: Command): Command =>
  command
    .option('--data-dir <dir>', 'read the log of a node that does not run')
    .addOption(
      new Option('-c, --config <file>', 'YAML file that names its key, if it is encrypted').argParser(
        file => [file],
      ),
    )
const typesOption = () =>
  new Option('--types <list>', 'only these: peer.joined,vehicle.*').argParser(text => text.split(','))
const fromOption = () => new Option('--from <seq>', 'first event').argParser(wholeNumber('--from')).default(1)

function tailCommand(): Command {
  const command = new Command('tail')
    .summary('the last events, then new ones as they come')
    .description(
      'Shows the last events of a running node, then new ones as they become durable, until Ctrl-C.',
    )
    .addOption(
      new Option('-n, --last <count>', 'events to begin with').argParser(wholeNumber('--last')).default(10),
    )
    .option('--no-follow', 'end after them')
    .addOption(typesOption())
    .addOption(outputOption())
    .action((options: ApiOptions & OutputOptions & TailFlags) =>
      interruptible(signal => tail(clientOf(options), { ...options, types: options.types ?? [] }, signal)),
    )
  return withApiOptions(command)
}

interface TailFlags {
  readonly last: number
  readonly follow: boolean
  readonly types?: readonly string[]
}

interface ShowFlags {
  readonly from: number
  readonly limit?: number
  readonly types?: readonly string[]
}

function showCommand(): Command {
  const command = new Command('show')
    .summary('events, oldest first')
    .description('Shows events, oldest first.')
    .addOption(fromOption())
    .addOption(new Option('--limit <count>', 'at most so many').argParser(wholeNumber('--limit')))
    .addOption(typesOption())
    .addOption(outputOption())
    .action(show)
  return withApiOptions(onDataDir(command))
}

async function show(options: ApiOptions & OutputOptions & ShowFlags & Partial<Offline>): Promise<void> {
  const { from, limit, types = [], dataDir, output } = options
  const range = { from, ...(limit !== undefined && { limit }) }
  await interruptible(async signal => {
    if (dataDir === undefined) {
      await printEvents(ofTypes(clientOf(options).log({ ...range, signal }), types), output)
      return
    }
    await withStore({ ...options, dataDir }, signal, store =>
      printEvents(ofTypes(storedEvents(store, { ...range, signal }), types), output),
    )
  })
}

function verifyCommand(): Command {
  const command = new Command('verify')
    .summary('is it as it was written? ends with 1 if not')
    .description(
      'Checks hashes, chain and signatures: of a running node, of an export, or with --data-dir of a node that does not run. Ends with 1 if anything is wrong.',
    )
    .argument('[file]', 'an export; - for stdin')
    .option('--agent <id>', 'whose log it has to be; else of whom it says')
    .option(
      '--witness <node>',
      'a node that saw how far logs went: its API, or its answer to /api/v1/trust in a file. Shows also what was cut off, written anew, or signed after a revocation',
    )
    .addOption(outputOption())
    .action(verify)
  return withApiOptions(onDataDir(command))
}

interface VerifyFlags {
  readonly agent?: string
  readonly witness?: string
  readonly dataDir?: string
}

async function verify(
  file: string | undefined,
  options: ApiOptions & OutputOptions & VerifyFlags & Partial<Offline>,
): Promise<void> {
  if (file !== undefined && options.dataDir !== undefined) {
    throw new UsageError('give a file or --data-dir, not both')
  }
  await interruptible(async signal => {
    const verdict = await verdictOn(file, options, signal)
    printVerdict(verdict, options.output)
    if (!verdict.ok) process.exitCode = EXIT.failure
  })
}

async function verdictOn(
  file: string | undefined,
  options: ApiOptions & VerifyFlags & Partial<Offline>,
  signal: AbortSignal,
): Promise<Verdict> {
  const { agent, dataDir, witness } = options
  const trust = witness === undefined ? undefined : await trustOf(witness)
  if (file !== undefined) return verifyExported(linesOf(file), agent, trust)
  if (dataDir === undefined) return verifyExported(clientOf(options).signedLog({ signal }), agent, trust)
  return withStore({ ...options, dataDir }, signal, (store, key) =>
    trust === undefined
      ? verifyStored(store, key, signal)
      : verifyExported(exportLog(store, { fromSeq: 1, signal }), agent, trust),
  )
}

function exportCommand(): Command {
  const command = new Command('export')
    .summary('the signed log as NDJSON')
    .description('Writes the log to stdout as NDJSON with signatures, for log verify.')
    .addOption(fromOption())
    .action(writeExport)
  return withApiOptions(onDataDir(command))
}

async function writeExport(
  options: ApiOptions & { readonly from: number } & Partial<Offline>,
): Promise<void> {
  const { from, dataDir } = options
  await interruptible(async signal => {
    if (dataDir === undefined) return writeLines(clientOf(options).signedLog({ from, signal }))
    await withStore({ ...options, dataDir }, signal, store =>
      writeLines(exportLog(store, { fromSeq: from, signal })),
    )
  })
}

/** Ctrl-C ends what goes on, and is no failure. */
async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { signal, done } = untilInterrupted()
  try {
    await work(signal)
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    done()
  }
}
