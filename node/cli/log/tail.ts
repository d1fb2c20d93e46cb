import type { EventRecord, SkeinClient } from '../../client/client.ts'
import type { OutputFormat } from '../output.ts'
import { ofTypes, printEvents } from './print-events.ts'

export interface TailOptions {
  /** Events to begin with. */
  readonly last: number
  readonly follow: boolean
  readonly types: readonly string[]
  readonly output: OutputFormat
}

/** Prints the last events of a running node, then new ones as they become durable, until the signal aborts. */
export async function tail(client: SkeinClient, options: TailOptions, signal: AbortSignal): Promise<void> {
  // An array that never ends is no document: what goes on is one record a line.
  const output = options.follow && options.output === 'json' ? 'ndjson' : options.output
  await printEvents(ofTypes(events(client, options, signal), options.types), output)
}

async function* events(
  client: SkeinClient,
  { last, follow }: TailOptions,
  signal: AbortSignal,
): AsyncGenerator<EventRecord> {
  const { log } = await client.status({ signal })
  const from = Math.max(1, log.durableSeq - last + 1)
  let since = from - 1
  for await (const event of last > 0 ? client.log({ from, signal }) : []) {
    yield event
    since = event.seq
  }
  if (!follow) return
  const onRetry = (error: unknown, delayMs: number) => {
    const why = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${why} Trying again in ${delayMs} ms.\n`)
  }
  const onGap = ({ from: first, to }: { readonly from: number; readonly to: number }) => {
    process.stderr.write(`events ${first} to ${to} are no longer kept\n`)
  }
  yield* client.events({ since: Math.max(since, last > 0 ? 0 : log.durableSeq), signal, onRetry, onGap })
}
