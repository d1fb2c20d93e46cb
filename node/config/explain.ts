import { ConfigError } from './config-error.ts'
import { FIELDS, type Field, GROUPS, inWords } from './fields.ts'
import { flagOf } from './flags.ts'
import { variableOf } from './from-env.ts'
import type { LoadedConfig } from './load.ts'
import { suggest } from './suggest.ts'
import { type Origin, shown } from './values.ts'

/** All there is to say about one key. Values are texts for people, with secrets hidden. */
export interface Explanation {
  readonly path: string
  readonly value: string
  readonly what: string
  readonly must: string
  readonly variable: string
  /** null = only by `--set`. */
  readonly flag: string | null
  /** What every layer said, strongest (the one that holds) first. */
  readonly layers: readonly { readonly layer: string; readonly where: string; readonly value: string }[]
}

/**
 * Says of a key, or of every key of a group ('' = of all), what it is, which value it has and where that
 * came from. Throws ConfigError for a key that does not exist.
 */
export function explainConfig(loaded: LoadedConfig, path = ''): readonly Explanation[] {
  const fields = [...FIELDS.values()].filter(
    field => path === '' || field.path === path || field.path.startsWith(`${path}.`),
  )
  if (fields.length === 0) throw noSuchKey(path)
  return fields.map(field => explain(field, loaded.origins.get(field.path) ?? []))
}

function explain({ path, description, json }: Field, origins: readonly Origin[]): Explanation {
  const layers = origins
    .map(({ layer, where, value }) => ({ layer, where, value: shown(path, value) }))
    .reverse()
  return {
    path,
    value: layers[0]?.value ?? '',
    what: description,
    must: inWords(json),
    variable: variableOf(path),
    flag: flagOf(path),
    layers,
  }
}

function noSuchKey(path: string): ConfigError {
  const near = suggest(path, [...FIELDS.keys(), ...GROUPS.keys()])
  const advice = near === null ? 'see: skein config docs' : `did you mean ${near}?`
  return new ConfigError([
    { code: 'unknown-key', where: 'config explain', path, what: `no such setting; ${advice}` },
  ])
}
