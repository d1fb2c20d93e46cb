import { styleText } from 'node:util'
import { printable } from '../printable.ts'

/** table for people, json one document, ndjson one line a record. */
export const OUTPUT_FORMATS = ['table', 'json', 'ndjson'] as const
export type OutputFormat = (typeof OUTPUT_FORMATS)[number]

/** One column of a table. Numbers stand right, everything else left. */
export interface Column<Row> {
  readonly title: string
  value(row: Row): string | number | null
}

/** Writes records in the chosen form; `columns` say how a table of them looks. */
export function printRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  format: OutputFormat,
): void {
  if (format === 'table') print(tableOf(rows, columns))
  else if (format === 'json') print(JSON.stringify(rows, null, 2))
  else for (const row of rows) print(JSON.stringify(row))
}

/** Writes one record: as a list of its facts, or as JSON. */
export function printRecord(
  record: unknown,
  facts: readonly (readonly [string, string])[],
  format: OutputFormat,
): void {
  if (format === 'table') print(listOf(facts))
  else print(JSON.stringify(record, null, format === 'json' ? 2 : 0))
}

/** Names on the left, one to a line. */
export function listOf(facts: readonly (readonly [string, string])[]): string {
  const width = Math.max(...facts.map(([name]) => name.length))
  return facts.map(([name, value]) => `${dim(name.padEnd(width))}  ${printable(value)}`).join('\n')
}

/** One line on stdout. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Advice on what to run next: for people, so on stderr and only where one looks on. */
export function hint(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${styleText('dim', text, { stream: process.stderr })}\n`)
}

export function dim(text: string): string {
  return paint('dim', text)
}

/** Coloured on a terminal that wants it (NO_COLOR, FORCE_COLOR), plain elsewhere. */
export function paint(style: 'dim' | 'green' | 'yellow' | 'red', text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

/** Lines of a table; columns as wide as their widest value, two spaces between. */
export function tableOf<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = rows.map(row => columns.map(column => column.value(row)))
  const isRight = columns.map((_, index) => cells.some(line => typeof line[index] === 'number'))
  const texts = cells.map(line => line.map(cell => (cell === null ? '-' : printable(String(cell)))))
  const titles = columns.map(({ title }) => title)
  const widths = titles.map((title, index) =>
    Math.max(title.length, ...texts.map(line => [...(line[index] ?? '')].length)),
  )
  const draw = (line: readonly string[]) =>
    line
      .map((text, index) => {
        const blanks = ' '.repeat(Math.max(0, (widths[index] ?? 0) - [...text].length))
        return isRight[index] === true ? blanks + text : text + blanks
      })
      .join('  ')
      .trimEnd()
  return [dim(draw(titles)), ...texts.map(draw)].join('\n')
}

/** `3 s`, `2 min`, `5 h`, `4 d`: enough to judge an age. */
export function duration(ms: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ]
  const [unit, span] = units.find(([, size]) => ms >= size) ?? ['ms', 1]
  return `${Math.floor(ms / span)} ${unit}`
}

/** `17 MiB` */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = count
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value >= 10 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
