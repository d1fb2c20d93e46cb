import { Command, CommanderError } from 'commander'
import { VERSION } from '../version.ts'
import { COMMANDS, type CommandEntry } from './command-table.ts'
import { EXIT, EXIT_WORDS, type ExitCode } from './exit-codes.ts'
import { reportFailure } from './failure.ts'

const EXAMPLES = `skein ${VERSION}: the node on every drone of a swarm. No broker, no server.

  skein demo                          a swarm on this machine, in the browser
  skein run --vehicle simulated       one node; more of them find each other
  skein run --bootstrap /dns4/relay.example/tcp/4710
  skein status                        how is the node on this machine?
`

/** Runs one command line; resolves to the code to end with. Everything that goes wrong is said on stderr. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  // `skein log show | head`: the reader has seen enough. That is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok)
    throw error
  })
  process.on('uncaughtException', error => process.exit(reportFailure(error, { stack: true })))
  try {
    const wanted = COMMANDS.filter(({ name }) => name === args.find(arg => !arg.startsWith('-')))
    const program = await buildProgram(wanted)
    await program.parseAsync(args, { from: 'user' })
    return exitCodeSet()
  } catch (error) {
    // Commander has said what was wrong; asking for help is not.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    return reportFailure(error, { stack: wantsStack(args) })
  }
}

/** The program with the code of the commands in `loaded`; of the others it knows names and summaries. */
export async function buildProgram(loaded: readonly CommandEntry[]): Promise<Command> {
  const program = new Command('skein')
    .usage('<command> [options]')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'this help; `skein <command> --help` for one command')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .showHelpAfterError('See: skein --help')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', exitCodes())
    .exitOverride()
  for (const entry of COMMANDS) {
    const command = loaded.includes(entry) ? (await entry.load()).command() : new Command(entry.name)
    program.addCommand(settled(command, program, 'skein').summary(entry.summary).helpGroup(`${entry.group}:`))
  }
  return program
}

/** Settings are not inherited by commands that were made apart. */
function settled(command: Command, parent: Command, above: string): Command {
  const name = `${above} ${command.name()}`
  command.copyInheritedSettings(parent).helpCommand(false).helpOption('-h, --help', 'this help')
  command.showHelpAfterError(`See: ${name} --help`)
  for (const child of command.commands) settled(child, command, name)
  return command
}

function exitCodes(): string {
  const words = EXIT_WORDS.map(([code, meaning]) => `${code} ${meaning}`)
  return `\nExit codes: ${words.slice(0, 6).join(', ')},\n            ${words.slice(6).join(', ')}`
}

/** A command that is done but has bad news sets the code itself. */
function exitCodeSet(): ExitCode {
  return (process.exitCode as ExitCode | undefined) ?? EXIT.ok
}

function wantsStack(args: readonly string[]): boolean {
  const flag = args.indexOf('--log-level')
  const level = flag >= 0 ? args[flag + 1] : process.env.SKEIN_LOG__LEVEL
  return level === 'debug' || level === 'trace' || args.includes('--log-level=debug')
}
