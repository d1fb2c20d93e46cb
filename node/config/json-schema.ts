import { type JsonSchema, PLAIN_JSON_SCHEMA } from './fields.ts'
import { SHORT_FORMS } from './short-forms.ts'

/** JSON Schema (2020-12) of a configuration file, short forms included: for editors and other checkers. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const properties: Record<string, JsonSchema | object> = { ...PLAIN_JSON_SCHEMA.properties }
  for (const [group, { example, pattern }] of Object.entries(SHORT_FORMS)) {
    const { description, ...full } = PLAIN_JSON_SCHEMA.properties?.[group] ?? {}
    const short = { type: 'string', pattern: pattern.source, examples: [example] }
    properties[group] = { description, anyOf: [short, full] }
  }
  return { ...PLAIN_JSON_SCHEMA, title: 'Configuration of a Skein node', properties }
}
