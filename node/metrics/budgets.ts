import { BUDGET_NAMES, FAULT_NAMES } from '../../protocols/budget/limits.ts'
import { readCounter, readGauge } from './define.ts'

export const budgetMetrics = {
  skein_peer_budget_exceeded_total: readCounter({
    help: 'Budgets of peers that ran out. What each is for: protocols/budget/limits.ts.',
    labels: { class: BUDGET_NAMES },
    read: (s, { class: budget }) => s.budgets.penalties[budget],
  }),
  skein_peer_faults_total: readCounter({
    help: 'What peers did that no honest node does.',
    labels: { fault: FAULT_NAMES },
    read: (s, { fault }) => s.budgets.penalties[fault],
  }),
  skein_peers_banned: readGauge({
    help: 'Peers refused now for what they did, until their ban is over.',
    profile: 'minimal',
    read: s => s.budgets.banned,
  }),
  skein_gossip_unread_total: readCounter({
    help: 'Connections closed because their peer read nothing of what was sent to it.',
    read: s => s.gossip.unread,
  }),
}
