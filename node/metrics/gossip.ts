import type { Refusal } from '../../protocols/position/sealing.ts'
import type { VerdictReason } from '../../src/agent/interface.ts'
import { counter, DIRECTIONS, histogram, readCounter, readGauge } from './define.ts'
import type { MetricsSnapshot } from './snapshot.ts'

/** What travels by gossip; every topic belongs to one class. */
const GOSSIP_CLASSES = ['position'] as const

/** Why a message was refused: on its own, or for what this node knows of its author. */
const REFUSALS = [
  'malformed',
  'version',
  'unknown-key',
  'signature',
  'misplaced',
  'implausible',
  'future',
  'unknown-author',
  'not-allowed',
] as const satisfies readonly (Refusal | VerdictReason)[]

const RESULTS = {
  accept: s => s.gossip.accepted,
  ignore: s => s.gossip.ignored,
  reject: s => s.gossip.rejected,
  duplicate: s => s.gossip.duplicates,
  'off-topic': s => s.gossip.offTopic,
} as const satisfies Record<string, (snapshot: MetricsSnapshot) => number>
const RESULT_NAMES = [
  'accept',
  'ignore',
  'reject',
  'duplicate',
  'off-topic',
] as const satisfies (keyof typeof RESULTS)[]

const LOSSES = ['queue-full', 'congested'] as const

export const gossipMetrics = {
  skein_gossip_published_total: readCounter({
    help: 'Own messages published.',
    labels: { class: GOSSIP_CLASSES },
    profile: 'minimal',
    read: s => s.gossip.published,
  }),
  skein_gossip_messages_total: readCounter({
    help: 'Message copies taken in, by what became of them.',
    labels: { class: GOSSIP_CLASSES, result: RESULT_NAMES },
    profile: 'minimal',
    read: (s, { result }) => RESULTS[result](s),
  }),
  skein_gossip_messages_rejected_total: counter({
    help: 'Messages refused, by why. unknown-key: the author’s key has not come yet; it resolves itself.',
    labels: { reason: REFUSALS },
  }),
  skein_gossip_expired_total: readCounter({
    help: 'Reports older than their validity on arrival: dropped, so that a healed partition replays nothing.',
    labels: { class: GOSSIP_CLASSES },
    profile: 'minimal',
    read: s => s.agent.positionsExpired,
  }),
  skein_gossip_propagation_seconds: histogram({
    help: 'From the author’s stamp to acceptance here; includes the difference of the two clocks.',
    labels: { class: GOSSIP_CLASSES },
  }),
  skein_gossip_validation_duration_seconds: histogram({
    help: 'Time to decode a message and verify its signature.',
    buckets: [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.005, 0.025, 0.1],
  }),
  skein_gossip_bytes_total: readCounter({
    help: 'Payload bytes of messages, copies included, without topics and framing.',
    labels: { direction: DIRECTIONS },
    read: (s, { direction }) => (direction === 'in' ? s.gossip.bytesIn : s.gossip.bytesOut),
  }),
  skein_gossip_copies_sent_total: readCounter({
    help: 'Message copies sent, own and relayed.',
    read: s => s.gossip.messagesOut,
  }),
  skein_gossip_rpcs_total: readCounter({
    help: 'Gossip frames; copies sent divided by frames out says how well they are coalesced.',
    labels: { direction: DIRECTIONS },
    read: (s, { direction }) => (direction === 'in' ? s.gossip.rpcsIn : s.gossip.rpcsOut),
  }),
  skein_gossip_suppressed_total: readCounter({
    help: 'Copies not sent because the peer had sent us the message while it waited.',
    read: s => s.gossip.suppressed,
  }),
  skein_gossip_held_back_total: readCounter({
    help: 'queue-full: copies dropped because a peer’s queue was full. congested: flushes put off.',
    labels: { cause: LOSSES },
    profile: 'minimal',
    read: (s, { cause }) => (cause === 'queue-full' ? s.gossip.overflowed : s.gossip.congested),
  }),
  skein_gossip_queue_length: readGauge({
    help: 'Copies that wait to be sent, all peers together.',
    read: s => s.gossip.queued,
  }),
  skein_gossip_mesh_peers: readGauge({
    help: 'Peers in the gossip mesh of at least one topic.',
    profile: 'minimal',
    read: s => s.gossip.meshPeers,
  }),
  skein_gossip_topics: readGauge({
    help: 'Topics (cells) listened to.',
    read: s => s.gossip.topics,
  }),
  skein_gossip_malformed_rpcs_total: readCounter({
    help: 'Gossip frames that could not be read.',
    read: s => s.gossip.malformed,
  }),
  skein_gossip_graylisted_rpcs_total: readCounter({
    help: 'Gossip frames ignored because their sender’s score is too low.',
    read: s => s.gossip.graylisted,
  }),
  skein_gossip_handler_errors_total: readCounter({
    help: 'Faults of this node while it handled a message. Not zero = a bug.',
    profile: 'minimal',
    read: s => s.gossip.handlerErrors,
  }),
  skein_gossip_link_restarts_total: readCounter({
    help: 'Connections closed by the watchdog because their gossip link was half dead.',
    profile: 'minimal',
    read: s => s.gossip.deadLinks,
  }),
}
