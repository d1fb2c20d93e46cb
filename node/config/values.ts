import { homedir } from 'node:os'
import { basename, isAbsolute, join, resolve } from 'node:path'
import type { Problem } from './config-error.ts'
import { FIELDS, type Field, GROUPS, inWords, type JsonSchema, schemaAt } from './fields.ts'
import type { Given, LayerName } from './given.ts'
import { expand, SHORT_FORMS } from './short-forms.ts'
import { suggest } from './suggest.ts'

/** One checked value of one key, and who gave it. */
export interface Origin {
  readonly layer: LayerName
  readonly where: string
  readonly value: unknown
}

/** Checks what someone gave, key by key. What is good is taken; everything else is a problem, each with its place. */
export function takeValues(
  given: Given,
  take: (field: Field, origin: Origin) => void,
  problems: Problem[],
): void {
  descend(given.value, given.path === '' ? [] : given.path.split('.'))

  function descend(value: unknown, keys: readonly string[]): void {
    const path = keys.join('.')
    const field = FIELDS.get(path)
    if (field !== undefined) takeLeaf(field, value)
    else if (path !== '' && !GROUPS.has(path)) {
      problems.push({ code: 'unknown-key', where: given.where(keys, true), path, what: unknownKey(keys) })
    } else if (isRecord(value)) {
      for (const [key, inner] of Object.entries(value)) descend(inner, [...keys, key])
    } else if (value !== null) {
      // `gossip:` with everything below commented out is null, and means nothing.
      const keysOfShortForm = typeof value === 'string' ? expand(path, value) : null
      if (keysOfShortForm !== null) descend(keysOfShortForm, keys)
      else problems.push({ code: 'bad-value', where: given.where(keys), path, what: notAGroup(path, value) })
    }
  }

  function takeLeaf(field: Field, value: unknown): void {
    const result = field.schema.safeParse(value === undefined ? null : value)
    if (result.success) {
      const resolved = isPath(field.json) ? resolvePath(result.data, given.base) : result.data
      take(field, { layer: given.layer, where: given.where(field.keys), value: resolved })
      return
    }
    for (const issue of result.error.issues) {
      const below = issue.path
      const path = `${field.path}${below.map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')}`
      problems.push({
        code: 'bad-value',
        where: given.where([...field.keys, ...below]),
        path,
        what: wrongValue(field, value, issue),
      })
    }
  }
}

interface Issue {
  readonly code?: string | undefined
  readonly message: string
  readonly path: readonly PropertyKey[]
  readonly keys?: readonly string[]
}

function wrongValue(field: Field, whole: unknown, issue: Issue): string {
  const schema = schemaAt(field.json, issue.path)
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(holderOf(schema))
    const [key = ''] = issue.keys ?? []
    const near = suggest(key, known)
    return `no such key: ${issue.keys?.join(', ')}; ${near === null ? `it has ${known.join(', ')}` : `did you mean ${near}?`}`
  }
  const value = issue.path.reduce<unknown>((at, key) => (isHolder(at) ? at[key] : undefined), whole)
  const must = `must be ${inWords(schema)}`
  if (value === undefined || value === null) return `has no value; ${must}`
  const near = typeof value === 'string' ? suggest(value, schema.enum ?? []) : null
  const own = issue.code === 'custom' || issue.code === 'invalid_format' ? ` (${issue.message})` : ''
  const advice = near === null ? quotesAdvice(schema, value) : `; did you mean ${near}?`
  return `${must}, not ${shown(field.path, value)}${own}${advice}`
}

function quotesAdvice(schema: JsonSchema, value: unknown): string {
  const isText = schema.type === 'string' && schema.enum === undefined
  return isText && (typeof value === 'number' || typeof value === 'boolean') ? '; put it in quotes' : ''
}

/** Keys of the object that a schema describes, directly or as one of its options. */
function holderOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (
    schema.properties ?? schema.anyOf?.find(({ properties }) => properties !== undefined)?.properties ?? {}
  )
}

function unknownKey(keys: readonly string[]): string {
  const above = keys.slice(0, -1).join('.')
  if (FIELDS.has(above)) return `no such setting: ${above} is one value, to be given whole`
  const known = [...FIELDS.keys(), ...GROUPS.keys()]
  const siblings = known.filter(path => path.split('.').slice(0, -1).join('.') === above)
  const name = (path: string) => path.split('.').at(-1) ?? path
  const near = suggest(keys.at(-1) ?? '', siblings.map(name))
  if (near !== null) return `no such setting; did you mean ${[...keys.slice(0, -1), near].join('.')}?`
  // The right key in the wrong group is the next most likely error.
  const elsewhere = known.find(path => name(path).toLowerCase() === keys.at(-1)?.toLowerCase())
  const anywhere = elsewhere ?? suggest(keys.join('.'), known)
  return `no such setting; ${anywhere === null ? 'see: skein config docs' : `did you mean ${anywhere}?`}`
}

function notAGroup(path: string, value: unknown): string {
  const keys = [...FIELDS.keys()]
    .filter(key => key.startsWith(`${path}.`))
    .map(key => key.slice(path.length + 1))
  const short = SHORT_FORMS[path]
  const or = short === undefined ? '' : ` or a text such as ${short.example}`
  return `must be a group of settings (${keys.join(', ')})${or}, not ${shown(path, value)}`
}

const SECRET_FILES = new Set(['pskFile', 'api.tokenFile', 'dataKey.file', 'dataKey.command'])

/** A value for people to read. What looks like a secret in place of the path of its file is not repeated. */
export function shown(path: string, value: unknown): string {
  if (SECRET_FILES.has(path) && value !== null && looksSecret(value))
    return '(hidden: it looks like the secret)'
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`
}

/** 32 bytes. */
const KEY_IN_BASE64 = /^[\w+/-]{43}=?$/

/** Anything but a text, a whole key file, hex, or letters and digits as mixed as no name of a file is. */
function looksSecret(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(looksSecret)
  if (typeof value !== 'string' || value.includes('\n') || value.includes('/key/swarm/')) return true
  // A key in base64 may have slashes in it, and then its last part is short.
  if (KEY_IN_BASE64.test(value) || (!isAbsolute(value) && isMixed(value, 40))) return true
  const name = basename(value)
  return /^[0-9a-fA-F]{32,}$/.test(name) || isMixed(name, 24)
}

/** Capitals, small letters and digits, in at least so many characters of base64 or base64url. */
function isMixed(text: string, min: number): boolean {
  return (
    text.length >= min && /^[\w+/=-]+$/.test(text) && [/\d/, /[A-Z]/, /[a-z]/].every(kind => kind.test(text))
  )
}

function isPath(json: JsonSchema): boolean {
  return (json.anyOf ?? [json]).some(({ format }) => format === 'path')
}

function resolvePath(value: unknown, base: string): unknown {
  if (typeof value !== 'string') return value
  if (value === '~' || value.startsWith('~/')) return join(homedir(), value.slice(1))
  return isAbsolute(value) ? value : resolve(base, value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isHolder(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null
}
