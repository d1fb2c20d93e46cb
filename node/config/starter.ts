import { stringify } from 'yaml'
import { FIELDS, type Field, GROUPS } from './fields.ts'

const WIDTH = 110

/**
 * A configuration file to start from: every key with what it is and its default, commented out, but for the
 * values in `chosen` (dotted path -> value). To use a key, take away its first `#`, and that of its group.
 */
export function starterConfig(chosen: ReadonlyMap<string, unknown>, schemaFile: string): string {
  const top = [...FIELDS.values()].filter(({ keys }) => keys.length === 1)
  const head = [
    `# yaml-language-server: $schema=${schemaFile}`,
    '# Configuration of a Skein node. Every key is optional; those that are commented out show their default.',
    '# skein config check FILE lists what is wrong; skein config explain KEY says where a value comes from.',
  ]
  return [...head, ...top.flatMap(field => keyLines(field, chosen)), ...groupLines('', chosen), ''].join('\n')
}

function groupLines(above: string, chosen: ReadonlyMap<string, unknown>): readonly string[] {
  const here = [...GROUPS.values()].filter(({ path }) => parentOf(path) === above)
  return here.flatMap(({ path, description }) => {
    const depth = path.split('.').length - 1
    const isUsed = [...chosen.keys()].some(key => key.startsWith(`${path}.`))
    const fields = [...FIELDS.values()].filter(field => parentOf(field.path) === path)
    return [
      ...(depth === 0 ? [''] : []),
      ...prose(description, depth),
      `${isUsed ? '' : '#'}${indent(depth)}${path.split('.').at(-1)}:`,
      ...fields.flatMap(field => keyLines(field, chosen)),
      ...groupLines(path, chosen),
    ]
  })
}

function keyLines(
  { path, keys, description, default: fallback }: Field,
  chosen: ReadonlyMap<string, unknown>,
) {
  const depth = keys.length - 1
  const value = chosen.has(path) ? chosen.get(path) : fallback
  const text = stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd()
  const line = `${indent(depth)}${keys.at(-1)}: ${text}`
  return [...(depth === 0 ? [''] : []), ...prose(description, depth), chosen.has(path) ? line : `#${line}`]
}

/** Comments that stay comments: a `#` and one space. */
function prose(text: string, depth: number): readonly string[] {
  const lines: string[] = []
  let line = `${indent(depth)}#`
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = `${indent(depth)}#`
    }
    line += ` ${word}`
  }
  return [...lines, line]
}

function indent(depth: number): string {
  return '  '.repeat(depth)
}

function parentOf(path: string): string {
  return path.split('.').slice(0, -1).join('.')
}
