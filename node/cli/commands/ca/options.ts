import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { LogPlace } from '../../../../src/policy/revocations.ts'
import type { RootKeyPlace } from '../../../authority/directory.ts'
import { UsageError } from '../../failure.ts'
import { logLevelOption, outputOption } from '../../options.ts'

export interface PlaceOptions {
  readonly dir: string
}

export interface RootKeyOptions {
  readonly rootKey?: string
  readonly passphraseFile?: string
}

/** Where the authority is, and how to print. */
export function withPlace(command: Command): Command {
  return command
    .addOption(
      new Option('--dir <dir>', 'directory of the authority')
        .default(join(homedir(), '.local/share/skein-authority'), '~/.local/share/skein-authority')
        .argParser(dir => resolve(dir)),
    )
    .addOption(outputOption())
    .addOption(logLevelOption())
}

export function withRootKey(command: Command): Command {
  return command
    .option('--root-key <file>', 'the root key, where it is kept apart (a USB stick)')
    .option('--passphrase-file <file>', 'its first line locks the root key')
}

export function rootKeyPlace({ rootKey, passphraseFile }: RootKeyOptions): RootKeyPlace {
  return {
    file: rootKey === undefined ? null : resolve(rootKey),
    passphrase: passphraseFile === undefined ? null : passphraseOf(passphraseFile),
  }
}

function passphraseOf(file: string): string {
  const [line = ''] = readFileSync(file, 'utf8').split(/\r?\n/)
  if (line === '') throw new UsageError(`--passphrase-file ${file}: its first line is empty`)
  return line
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads a time such as `7d`, ms. */
export function durationMs(flag: string): (text: string) => number {
  return text => {
    const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
    if (count === undefined)
      throw new UsageError(`${flag} ${text}: must be seconds, minutes, hours or days, such as 7d`)
    return Number(count) * (UNITS_MS[unit] ?? 0)
  }
}

/** Takes a flag again and again, or once with commas. */
export function gather(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...value.split(',').filter(text => text !== '')]
}

/** Reads `BOOT:SEQ`. */
export function logPlace(text: string): LogPlace {
  const [, boot, seq] = /^(\d{1,10}):(\d{1,15})$/.exec(text) ?? []
  if (boot === undefined || seq === undefined)
    throw new UsageError(`--valid-to ${text}: must be BOOT:SEQ, such as 3:1200`)
  return { boot: Number(boot), seq: Number(seq) }
}
