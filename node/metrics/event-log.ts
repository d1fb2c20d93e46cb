import type { FaultKind } from '../../src/eventlog/fault.ts'
import { DISK_STATES } from '../store/interface.ts'
import { counter, histogram, readCounter, readGauge } from './define.ts'

const FAULT_KINDS = [
  'torn-tail',
  'hole',
  'rollback',
  'checksum',
  'format',
  'author',
  'chain',
  'signature',
  'unsigned',
  'root',
] as const satisfies readonly FaultKind[]

export const eventLogMetrics = {
  skein_eventlog_events_total: readCounter({
    help: 'Events appended to the log since the start of the process.',
    profile: 'minimal',
    read: s => s.agent.eventsAppended,
  }),
  skein_eventlog_events_refused_total: readCounter({
    help: 'Events not taken because too much waited for the disk; the log says how many and when.',
    profile: 'minimal',
    read: s => s.agent.eventsRefused,
  }),
  skein_eventlog_unsynced_events: readGauge({
    help: 'Events appended but not yet known to be on disk.',
    read: s => s.eventLog.seq - s.eventLog.durableSeq,
  }),
  skein_eventlog_append_duration_seconds: histogram({
    help: 'From an event’s append until it is durable.',
  }),
  skein_eventlog_sync_duration_seconds: histogram({
    help: 'Time of one synced write of the store.',
  }),
  skein_eventlog_write_failures_total: readCounter({
    help: 'Writes that the disk refused.',
    profile: 'minimal',
    read: s => s.agent.writesFailed,
  }),
  skein_eventlog_size_bytes: readGauge({
    help: 'Size of the log on disk.',
    profile: 'minimal',
    read: s => s.eventLog.sizeBytes,
  }),
  skein_eventlog_limit_bytes: readGauge({
    help: 'Size at which the oldest events go; NaN = no bound.',
    read: s => s.eventLog.limitBytes,
  }),
  skein_eventlog_whole: readGauge({
    help: '1 = the log verified; 0 = quarantined: a hole or a damaged entry was found.',
    profile: 'minimal',
    read: s => Number(s.eventLog.whole),
  }),
  skein_eventlog_verification_failures_total: counter({
    help: 'Faults found when the log was verified. torn-tail: cut off, as after a crash; the rest is damage.',
    labels: { kind: FAULT_KINDS },
  }),
  skein_eventlog_last_snapshot_timestamp_seconds: readGauge({
    help: 'When the last snapshot was taken; NaN = none yet.',
    read: s => (s.eventLog.lastSnapshotMs === null ? null : s.eventLog.lastSnapshotMs / 1_000),
  }),
  skein_disk_state: readGauge({
    help: '1 for the state the disk is in. low = the reserve is next; full = writes are refused.',
    labels: { state: DISK_STATES },
    profile: 'minimal',
    read: (s, { state }) => Number(s.disk === state),
  }),
}
