import { parse } from 'yaml'
import type { JsonSchema } from './fields.ts'

/**
 * The value that a text of the environment or the command line means for a key: a plain text for texts,
 * `a,b` or `[a, b]` for lists, else YAML. What can't be read stays a text, and is refused with its key.
 */
export function fromText(text: string, json: JsonSchema): unknown {
  const kinds = json.anyOf ?? [json]
  if (kinds.some(({ type }) => type === 'null') && (text === '' || text === 'null')) return null
  const list = kinds.find(({ type }) => type === 'array')
  if (list !== undefined) return listFromText(text.trim(), list.items?.type === 'string')
  return kinds.some(({ type }) => type === 'string') ? text : fromYaml(text)
}

function listFromText(text: string, ofTexts: boolean): unknown {
  if (text === '') return []
  if (text.startsWith('[')) return fromYaml(text)
  return ofTexts ? text.split(',').map(item => item.trim()) : fromYaml(`[${text}]`)
}

function fromYaml(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' })
  } catch {
    return text
  }
}
