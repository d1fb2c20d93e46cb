import { accessSync, constants, readFileSync } from 'node:fs'
import { isLoopback } from '../api/guard/hosts.ts'
import { readRules } from '../commands/rules-file.ts'
import { isSealed } from '../store/sealed/sealed-file.ts'
import type { Problem } from './config-error.ts'
import type { Config } from './schema.ts'

/** A rule that spans keys or reaches outside. Says what is wrong and what to do, or null. */
interface Rule {
  /** The keys it is about; the one that was set last is blamed. */
  readonly paths: readonly string[]
  readonly code: Problem['code']
  complaint(config: Config): string | null
}

const RULES: readonly Rule[] = [
  {
    paths: ['position.ceilingHz', 'position.floorHz'],
    code: 'contradiction',
    complaint: ({ position: { ceilingHz, floorHz } }) =>
      ceilingHz >= floorHz
        ? null
        : `position.ceilingHz (${ceilingHz}) is below position.floorHz (${floorHz})`,
  },
  {
    paths: ['position.validMs', 'position.floorHz'],
    code: 'contradiction',
    complaint: ({ position: { validMs, floorHz } }) =>
      validMs > 1000 / floorHz
        ? null
        : `reports expire (position.validMs ${validMs}) before the next is due (position.floorHz ${floorHz}); raise one of them`,
  },
  {
    paths: ['connections.target', 'connections.max'],
    code: 'contradiction',
    complaint: ({ connections: { target, max } }) =>
      target <= max ? null : `connections.target (${target}) is above connections.max (${max})`,
  },
  {
    paths: ['api.open', 'api.host'],
    code: 'contradiction',
    complaint: ({ api: { open, host, socket } }) =>
      open === null || open === 'none' || socket !== null || isLoopback(host)
        ? null
        : `api.open (${open}) lets nobody in on ${host}, where others reach it: they need tokens; set none, or use 127.0.0.1`,
  },
  {
    paths: ['vehicle.kind', 'vehicle.file'],
    code: 'contradiction',
    complaint: ({ vehicle: { kind, file } }) =>
      kind !== 'replay' || file !== null ? null : 'nothing to replay: set vehicle.file, or use replay:FILE',
  },
  {
    paths: ['vehicle.kind', 'vehicle.start'],
    code: 'contradiction',
    complaint: ({ vehicle: { kind, start } }) =>
      kind !== 'fixed' || start !== null ? null : 'a fixed vehicle stands somewhere: set vehicle.start',
  },
  {
    paths: ['vehicle.file'],
    code: 'missing-file',
    complaint: ({ vehicle: { kind, file } }) =>
      kind === 'replay' && file !== null ? unreadable(file, file) : null,
  },
  {
    paths: ['api.tokenFile'],
    code: 'missing-file',
    complaint: ({ api: { tokenFile } }) => (tokenFile === null ? null : unreadable(tokenFile)),
  },
  {
    paths: ['dataKey.command', 'dataKey.file'],
    code: 'contradiction',
    complaint: ({ dataKey: { file, command } }) =>
      file === null || command.length === 0
        ? null
        : 'dataKey.file and dataKey.command are both set: leave one out',
  },
  {
    paths: ['dataKey.file'],
    code: 'missing-file',
    complaint: ({ dataKey: { file } }) => (file === null ? null : unreadable(file)),
  },
  {
    paths: ['pskFile'],
    code: 'missing-file',
    complaint: ({ pskFile }) => (pskFile === null ? null : (unreadable(pskFile) ?? notPsk(pskFile))),
  },
  {
    paths: ['rulesFile'],
    code: 'missing-file',
    complaint: ({ rulesFile }) =>
      rulesFile === null ? null : (unreadable(rulesFile, rulesFile) ?? notRules(rulesFile)),
  },
]

/** What is wrong with a rule set, or null. */
function notRules(file: string): string | null {
  try {
    readRules(file)
    return null
  } catch (error) {
    return `${file}: ${error instanceof Error ? error.message : error}`
  }
}

/** Everything that is wrong between keys; a key that is already known to be bad is left out of it. */
export function checkTogether(
  config: Config,
  known: readonly Problem[],
  whereOf: (paths: readonly string[]) => Blame,
): readonly Problem[] {
  const isKnown = (path: string) => known.some(problem => problem.path.startsWith(path))
  return RULES.flatMap(({ paths, code, complaint }) => {
    const what = paths.some(isKnown) ? null : complaint(config)
    return what === null ? [] : [{ code, ...whereOf(paths), what }]
  })
}

export interface Blame {
  readonly path: string
  readonly where: string
}

/** Names the file only when told it may be: in place of a path people paste secrets. */
function unreadable(file: string, name?: string): string | null {
  try {
    accessSync(file, constants.R_OK)
    return null
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const what = `there is no file to read (${why})`
    return name === undefined
      ? `${what}; it must be the path of a file, not the secret itself`
      : `${what}: ${name}`
  }
}

/** What is wrong with a key file, or null. libp2p shares the format: two header lines, then 32 bytes in hex. */
export function notPsk(file: string): string | null {
  const content = readFileSync(file)
  // Under the key of its data directory; whether that opens it is seen at the start.
  if (isSealed(content)) return null
  const lines = content.toString('latin1').trim().split(/\r?\n/)
  const [head, encoding, key = ''] = lines
  const good = head === '/key/swarm/psk/1.0.0/' && encoding === '/base16/' && /^[0-9a-fA-F]{64}$/.test(key)
  if (good && lines.length === 3) return null
  return 'is no pre-shared key: it needs the lines /key/swarm/psk/1.0.0/, /base16/ and 64 hex digits'
}
