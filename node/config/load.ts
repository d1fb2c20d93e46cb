import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { cwd } from 'node:process'
import { checkTogether } from './checks.ts'
import { ConfigError, type Problem } from './config-error.ts'
import { FIELDS } from './fields.ts'
import { givenByEnv } from './from-env.ts'
import { givenByFile } from './from-file.ts'
import { type FlagValues, givenByFlags, givenBySet } from './from-flags.ts'
import { type Given, LAYERS } from './given.ts'
import type { ProfileName } from './profile-names.ts'
import { PROFILE_VALUES } from './profiles.ts'
import { type Config, configSchema } from './schema.ts'
import { type Origin, takeValues } from './values.ts'

export interface ConfigSources {
  /** Profile that the caller insists on, whatever files and environment say. */
  readonly profile?: ProfileName
  /** Files that are read if they are there; before `files`. */
  readonly optionalFiles?: readonly string[]
  /** Files that must be there, weakest first. */
  readonly files?: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Dotted path -> value; groups may be given as maps: `{ name: 'a', vehicle: { kind: 'none' } }`. */
  readonly flags?: FlagValues
  /** `path=value` texts; strongest of all. */
  readonly set?: readonly string[]
}

export interface LoadedConfig {
  readonly config: Config
  /** What every layer said about every key, weakest first: the last one holds. */
  readonly origins: ReadonlyMap<string, readonly Origin[]>
}

/**
 * Puts the configuration together: defaults < profile < files < environment < flags < `--set`.
 * Throws one ConfigError with everything that is wrong in any layer, each with its place.
 */
export function loadConfig(sources: ConfigSources = {}): LoadedConfig {
  const problems: Problem[] = []
  const given = readSources(sources, problems)
  const origins = new Map<string, Origin[]>([...FIELDS.keys()].map(path => [path, []]))
  const takeAll = (parts: readonly Given[]) => {
    for (const part of parts) {
      takeValues(part, (field, origin) => origins.get(field.path)?.push(origin), problems)
    }
  }
  takeAll(given)
  const profile =
    sources.profile ?? (last(origins.get('profile'))?.value as ProfileName | undefined) ?? 'drone'
  takeAll([defaults(), profileGiven(profile)])
  if (sources.profile !== undefined) {
    origins.get('profile')?.push({ layer: 'flag', where: `skein ${profile}`, value: profile })
  }
  for (const list of origins.values()) list.sort((a, b) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(b.layer))

  const config = build(origins)
  problems.push(...checkTogether(config, problems, paths => blame(paths, origins)))
  if (problems.length > 0) throw new ConfigError(problems)
  return { config, origins }
}

/** What the program checks when nothing else is said, and the user's files. */
export function defaultConfigFiles(home: string): readonly string[] {
  return ['/etc/skein/config.yaml', `${home}/.config/skein/config.yaml`]
}

function readSources(sources: ConfigSources, problems: Problem[]): readonly Given[] {
  const optional = (sources.optionalFiles ?? []).filter(file => existsSync(file))
  return [
    ...[...optional, ...(sources.files ?? [])].flatMap(file => givenByFile(file, problems)),
    ...givenByEnv(sources.env ?? {}, problems),
    ...givenByFlags(sources.flags ?? {}),
    ...givenBySet(sources.set ?? [], problems),
  ]
}

function defaults(): Given {
  const value = { ...configSchema.parse({}), name: nameOfHost() }
  return { layer: 'default', path: '', value, where: () => 'default', base: cwd() }
}

function profileGiven(profile: ProfileName): Given {
  const where = () => `profile ${profile}`
  return { layer: 'profile', path: '', value: PROFILE_VALUES[profile], where, base: cwd() }
}

/** Host names are not always names of ours; what doesn't fit is left out. */
function nameOfHost(): string {
  return hostname()
    .replace(/[^A-Za-z0-9._-]/g, '')
    .slice(0, 64)
}

function build(origins: ReadonlyMap<string, readonly Origin[]>): Config {
  const root: Record<string, unknown> = {}
  for (const { path, keys } of FIELDS.values()) {
    let holder = root
    for (const key of keys.slice(0, -1)) {
      holder[key] ??= {}
      holder = holder[key] as Record<string, unknown>
    }
    holder[keys.at(-1) ?? ''] = last(origins.get(path))?.value
  }
  return root as unknown as Config
}

/** Of the keys that contradict each other, the one that was set by the strongest layer. */
function blame(paths: readonly string[], origins: ReadonlyMap<string, readonly Origin[]>) {
  const candidates = paths.map(path => ({ path, origin: last(origins.get(path)) }))
  const strength = ({ origin }: (typeof candidates)[number]) => LAYERS.indexOf(origin?.layer ?? 'default')
  const [strongest] = candidates.sort((a, b) => strength(b) - strength(a))
  return { path: strongest?.path ?? '', where: strongest?.origin?.where ?? 'default' }
}

function last<T>(list: readonly T[] | undefined): T | undefined {
  return list?.at(-1)
}
