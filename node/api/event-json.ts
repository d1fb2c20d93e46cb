import type { HashedEvent } from '../../src/eventlog/event.ts'
import { eventLine } from '../../src/eventlog/export.ts'
import { hlcMs } from '../../src/time/hlc.ts'
import type { EventRecord } from './schema/event.ts'

/** A log entry as JSON: as in the exported log, so that nothing is lost, with its time in words people read. */
export function eventJson(hashed: HashedEvent): EventRecord {
  const { kind: _, data, ...line } = eventLine(hashed)
  return {
    ...line,
    time: new Date(hlcMs(line.hlc)).toISOString(),
    // What an export makes of the data of an event is JSON.
    data: data as EventRecord['data'],
  }
}
