import { z } from 'zod'
import { configSchema } from './schema.ts'

/** JSON Schema, as far as the configuration uses it. */
export interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly multipleOf?: number
  readonly maxItems?: number
  readonly format?: string
  readonly anyOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
}

/** One key that holds a value. */
export interface Field {
  /** Dotted: `gossip.flushMs`. */
  readonly path: string
  readonly keys: readonly string[]
  readonly schema: z.ZodType
  readonly json: JsonSchema
  readonly description: string
  readonly default: unknown
}

/** One key that holds other keys. */
export interface Group {
  readonly path: string
  readonly description: string
}

/** Every key that holds a value, by dotted path, in the order of the schema. */
export const FIELDS: ReadonlyMap<string, Field> = new Map()

/** Every key that holds other keys, by dotted path, in the order of the schema. */
export const GROUPS: ReadonlyMap<string, Group> = new Map()

/** The schema of the file as JSON Schema (2020-12), before the short forms are added. */
export const PLAIN_JSON_SCHEMA = z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema

collect(configSchema, PLAIN_JSON_SCHEMA, [], FIELDS as Map<string, Field>, GROUPS as Map<string, Group>)

function collect(
  schema: z.ZodObject,
  json: JsonSchema,
  above: readonly string[],
  fields: Map<string, Field>,
  groups: Map<string, Group>,
): void {
  for (const [key, child] of Object.entries(schema.shape)) {
    const keys = [...above, key]
    const path = keys.join('.')
    const childJson = json.properties?.[key]
    const description = childJson?.description
    if (!(child instanceof z.ZodType) || childJson === undefined || description === undefined) {
      throw new Error(`configuration key ${path} has no description`)
    }
    const inner = child instanceof z.ZodPrefault ? child.unwrap() : child
    if (inner instanceof z.ZodObject) {
      groups.set(path, { path, description })
      collect(inner, childJson, keys, fields, groups)
    } else {
      const value = child.parse(undefined)
      fields.set(path, { path, keys, schema: child, json: childJson, description, default: value })
    }
  }
}

/** The schema of a part of a value: `at(route, [2, 'latDeg'])`. */
export function schemaAt(json: JsonSchema, keys: readonly PropertyKey[]): JsonSchema {
  let here = json
  for (const key of keys) {
    const holder =
      here.anyOf?.find(option => option.items !== undefined || option.properties !== undefined) ?? here
    const next = typeof key === 'number' ? holder.items : holder.properties?.[String(key)]
    if (next === undefined) return here
    here = next
  }
  return here
}

/** What a value must be, in words: `a whole number from 1 to 10`. */
export function inWords(json: JsonSchema): string {
  if (json.anyOf !== undefined) return json.anyOf.map(inWords).join(' or ')
  if (json.enum !== undefined) return `one of ${json.enum.join(', ')}`
  if (json.format === 'multiaddr') return 'a multiaddr such as /ip4/192.0.2.1/tcp/4710'
  if (json.format === 'path') return 'a path'
  const range = json.minimum === undefined ? '' : ` from ${json.minimum} to ${json.maximum}`
  switch (json.type) {
    case 'integer':
      return `a whole number${range}${json.multipleOf === undefined ? '' : ` in steps of ${json.multipleOf}`}`
    case 'number':
      return `a number${range}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return `a list of at most ${json.maxItems}, each ${inWords(json.items ?? {})}`
    case 'object':
      return `{${Object.keys(json.properties ?? {}).join(', ')}}`
    case 'null':
      return 'null'
    default:
      return 'a text'
  }
}
