import type { EventRecord } from '../../client/client.ts'
import { printable } from '../../printable.ts'
import { dim, type OutputFormat, print } from '../output.ts'

/** Prints events as they come: none waits for a later one. A JSON document is one array. */
export async function printEvents(events: AsyncIterable<EventRecord>, output: OutputFormat): Promise<void> {
  let count = 0
  for await (const event of events) {
    if (output === 'json')
      process.stdout.write(`${count === 0 ? '[' : ','}\n${JSON.stringify(event, null, 2)}`)
    else print(output === 'table' ? eventLine(event) : JSON.stringify(event))
    count++
  }
  if (output === 'json') print(count === 0 ? '[]' : '\n]')
}

/** `12  2026-11-20T08:00:00.000Z  peer.joined  12D3KooW…  {"path":"direct"}` */
function eventLine({ seq, time, type, subject, data }: EventRecord): string {
  const facts = Object.keys(data).length === 0 ? '' : JSON.stringify(data)
  const words = [printable(type).padEnd(20), printable(subject) || '-', printable(facts)]
  return `${String(seq).padStart(6)}  ${dim(time)}  ${words.join('  ')}`.trimEnd()
}

/** Events of the wanted types only: `peer.joined`, or `peer.*` for all that begin so; none named = all. */
export async function* ofTypes(
  events: AsyncIterable<EventRecord>,
  types: readonly string[],
): AsyncGenerator<EventRecord> {
  for await (const event of events) {
    if (types.length === 0 || types.some(type => isOfType(event.type, type))) yield event
  }
}

function isOfType(type: string, wanted: string): boolean {
  return wanted.endsWith('.*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted
}
