import type { Gap } from '../../../src/eventlog/fault.ts'
import { listOf, type OutputFormat, print } from '../output.ts'

/** What verifying a log has found. Counts are null where they could not be told. */
export interface Verdict {
  readonly ok: boolean
  readonly author: string | null
  readonly first: number | null
  readonly last: number | null
  readonly events: number | null
  /** Signed batches. */
  readonly batches: number | null
  readonly faults: readonly FaultFound[]
  /** Losses that the log itself declares. */
  readonly gaps: readonly Gap[]
}

interface FaultFound {
  readonly fault: string
  readonly first: number | null
  readonly last: number | null
  /** Line of the export, from 1. */
  readonly line: number | null
  readonly detail: string
}

export function printVerdict(verdict: Verdict, output: OutputFormat): void {
  if (output === 'table') print(listOf(facts(verdict)))
  else print(JSON.stringify(verdict, null, output === 'json' ? 2 : 0))
}

function facts({ ok, author, first, last, events, batches, faults, gaps }: Verdict) {
  const range = events === 0 ? 'none' : `${events}, ${first} to ${last}`
  return [
    ['log', ok ? 'whole' : 'DAMAGED'],
    ['author', author ?? '-'],
    ...(events === null ? [] : [['events', range] as const]),
    ...(batches === null ? [] : [['signed', `in ${batches} batches`] as const]),
    ...gaps.map(gap => ['lost', `events ${gap.first} to ${gap.last}, as the log itself declares`] as const),
    ...faults.map(({ fault, detail, line }) => {
      return ['fault', `${fault}: ${detail}${line === null ? '' : ` (line ${line})`}`] as const
    }),
  ] as const
}
