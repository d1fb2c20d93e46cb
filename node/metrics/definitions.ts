import { budgetMetrics } from './budgets.ts'
import { clockMetrics } from './clock.ts'
import { commandMetrics } from './commands.ts'
import { eventLogMetrics } from './event-log.ts'
import { gossipMetrics } from './gossip.ts'
import { httpMetrics } from './http.ts'
import { nodeMetrics } from './node.ts'
import { peerMetrics } from './peers.ts'
import { syncMetrics } from './sync.ts'
import { trustMetrics } from './trust.ts'
import { vehicleMetrics } from './vehicle.ts'
import { worldModelMetrics } from './world-model.ts'

/** The subsystems in the order of the documentation. */
export const metricGroups = {
  'The node': nodeMetrics,
  'World model': worldModelMetrics,
  'Own vehicle': vehicleMetrics,
  Peers: peerMetrics,
  'What peers cost': budgetMetrics,
  Trust: trustMetrics,
  Commands: commandMetrics,
  Gossip: gossipMetrics,
  'Anti-entropy': syncMetrics,
  'Event log': eventLogMetrics,
  Clock: clockMetrics,
  'HTTP API': httpMetrics,
} as const

/** Every metric of the node by name. */
export const metricDefinitions = {
  ...nodeMetrics,
  ...worldModelMetrics,
  ...vehicleMetrics,
  ...peerMetrics,
  ...budgetMetrics,
  ...trustMetrics,
  ...commandMetrics,
  ...gossipMetrics,
  ...syncMetrics,
  ...eventLogMetrics,
  ...clockMetrics,
  ...httpMetrics,
} as const
