import { counter, DIRECTIONS, readCounter } from './define.ts'

export const syncMetrics = {
  skein_sync_rounds_total: readCounter({
    help: 'Rounds of anti-entropy: digests we sent (out) and were sent (in).',
    labels: { direction: DIRECTIONS },
    read: (s, { direction }) => (direction === 'in' ? s.agent.digestsReceived : s.agent.digestsSent),
  }),
  skein_sync_positions_total: readCounter({
    help: 'Reports that travelled by anti-entropy.',
    labels: { direction: DIRECTIONS },
    read: (s, { direction }) =>
      direction === 'in' ? s.agent.deltaPositionsReceived : s.agent.deltaPositionsSent,
  }),
  skein_sync_positions_taken_total: readCounter({
    help: 'Reports received by anti-entropy that were news: what gossip had not brought.',
    read: s => s.agent.deltaPositionsTaken,
  }),
  skein_sync_bytes_total: counter({
    help: 'Bytes of anti-entropy messages.',
    labels: { direction: DIRECTIONS },
  }),
}
