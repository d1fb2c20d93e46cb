import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type { Problem, ProblemCode } from './config-error.ts'
import type { Given } from './given.ts'

/** Far more than any configuration; keeps a wrong path (a log, a device) from filling memory. */
const FILE_BYTES_MAX = 1 << 20

/** Reads one YAML (or JSON) file; every value in it knows its line and column. */
export function givenByFile(file: string, problems: Problem[]): readonly Given[] {
  const refuse = (code: ProblemCode, where: string, what: string): readonly Given[] => {
    problems.push({ code, where, path: '', what })
    return []
  }
  const read = readText(file)
  if ('why' in read) return refuse('unreadable-file', file, read.why)

  const lines = new LineCounter()
  const document = parseDocument(read.text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line}:${col}`
  }
  for (const { message, pos } of document.errors)
    refuse('syntax', place(pos[0]), `not valid YAML: ${message}`)
  if (document.errors.length > 0) return []
  const { contents } = document
  if (contents === null || (isScalar(contents) && contents.value === null)) return []
  if (!isMap(contents))
    return refuse('syntax', place(0), 'must be a map of settings, such as `name: heron-1`')
  const given = plainValue(document)
  if ('why' in given) return refuse('syntax', place(0), given.why)
  return [
    {
      layer: 'file',
      path: '',
      value: given.value,
      where: (keys, atKey = false) => place(offsetOf(document, keys, atKey)),
      base: dirname(resolve(file)),
    },
  ]
}

/** Aliases are followed only here: one of nothing, or so many of each other that they would fill memory, are found late. */
function plainValue(document: Document.Parsed): { readonly value: unknown } | { readonly why: string } {
  try {
    return { value: document.toJS() }
  } catch (error) {
    return { why: `not valid YAML: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** Where in the text a value or its key begins; an empty value is shown by its key. */
function offsetOf(document: Document.Parsed, keys: readonly PropertyKey[], atKey: boolean): number {
  let node: Node | null = document.contents
  let offset = 0
  for (const key of keys) {
    if (isMap(node)) {
      const pair = node.items.find(item => isScalar(item.key) && String(item.key.value) === String(key))
      if (!isScalar(pair?.key)) break
      offset = pair.key.range?.[0] ?? offset
      node = isNode(pair.value) ? pair.value : null
    } else {
      const item: unknown = document.getIn(keys.slice(0, keys.indexOf(key) + 1), true)
      node = isNode(item) ? item : null
    }
    const isEmpty = node === null || (isScalar(node) && node.value === null)
    if (!isEmpty && !(atKey && key === keys.at(-1))) offset = node?.range?.[0] ?? offset
  }
  return offset
}

function readText(file: string): { readonly text: string } | { readonly why: string } {
  try {
    const bytes = readFileSync(file)
    if (bytes.byteLength <= FILE_BYTES_MAX) return { text: bytes.toString('utf8') }
    return { why: `is ${bytes.byteLength} bytes long, which no configuration is; check the path` }
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return { why: `could not be read (${why}); check the path and who may read it` }
  }
}
