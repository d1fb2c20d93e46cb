import type { Argument, Command, Option } from 'commander'
import { FIELDS, GROUPS } from '../../config/fields.ts'

/** What can stand in one place of a command line: these words, a path, or anything. */
export type Completable =
  | { readonly t: 'words'; readonly words: readonly string[] }
  | { readonly t: 'file' }
  | { readonly t: 'dir' }
  | { readonly t: 'anything' }

export interface FlagSpec {
  /** `--role`, and `-o` where there is one. */
  readonly names: readonly string[]
  readonly about: string
  /** null = it takes no value. */
  readonly value: Completable | null
}

/** One command, as completion sees it. */
export interface CommandSpec {
  /** Words that lead to it; none = the program itself. */
  readonly path: readonly string[]
  readonly commands: readonly { readonly name: string; readonly about: string }[]
  readonly flags: readonly FlagSpec[]
  /** What its arguments can be; null = it takes none. */
  readonly argument: Completable | null
}

/** Everything that can be typed, from the same commands that run. */
export function completionSpec(command: Command, path: readonly string[] = []): readonly CommandSpec[] {
  const help = command.createHelp()
  const [argument] = command.registeredArguments
  const spec: CommandSpec = {
    path,
    commands: command.commands.map(child => ({
      name: child.name(),
      about: child.summary() || child.description(),
    })),
    flags: help.visibleOptions(command).map(flagSpec),
    argument: argument === undefined ? null : argumentValue(argument),
  }
  return [spec, ...command.commands.flatMap(child => completionSpec(child, [...path, child.name()]))]
}

function flagSpec(option: Option): FlagSpec {
  const names = [option.long, option.short].filter(name => name !== undefined && name !== null)
  return { names, about: option.description, value: option.required ? optionValue(option) : null }
}

function optionValue({ argChoices, flags }: Option): Completable {
  if (argChoices !== undefined) return { t: 'words', words: argChoices }
  if (flags.includes('<file>')) return { t: 'file' }
  return flags.includes('<dir>') ? { t: 'dir' } : { t: 'anything' }
}

function argumentValue(argument: Argument): Completable {
  if (argument.argChoices !== undefined) return { t: 'words', words: argument.argChoices }
  if (argument.name() === 'key') return { t: 'words', words: [...GROUPS.keys(), ...FIELDS.keys()] }
  return argument.name().startsWith('file') ? { t: 'file' } : { t: 'anything' }
}
