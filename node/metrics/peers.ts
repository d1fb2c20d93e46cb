import { PEER_STATES } from '../interface.ts'
import { counter, histogram, readCounter, readGauge } from './define.ts'

export const peerMetrics = {
  skein_peers: readGauge({
    help: 'Peers. known = heard of, not dialed now; left = said goodbye; failed = went silent; refused = by us or by it. Each is in GET /api/v1/peers.',
    labels: { state: PEER_STATES },
    profile: 'minimal',
    read: (s, { state }) => s.peers.byState[state],
  }),
  skein_peers_relayed: readGauge({
    help: 'Connected peers that are reached through a relay.',
    read: s => s.peers.relayed,
  }),
  skein_peer_redials_total: readCounter({
    help: 'Dials of peers that were dialed before: the connection was lost, or could not be made.',
    profile: 'minimal',
    read: s => s.peers.redials,
  }),
  skein_peer_rtt_seconds: histogram({ help: 'Round trips of pings, all peers together.' }),
  skein_membership_changes_total: counter({
    help: 'Peers that came (join), said goodbye (leave) or went silent (fail).',
    labels: { change: ['join', 'leave', 'fail'] },
  }),
}
