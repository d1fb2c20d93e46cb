import { counter, readCounter, readGauge } from './define.ts'

export const worldModelMetrics = {
  skein_world_model_age_seconds: readGauge({
    help: 'Age of the oldest report among the neighbours this node relies on; NaN = it relies on nobody.',
    profile: 'minimal',
    read: s => (s.world.ageMs === null ? null : s.world.ageMs / 1_000),
  }),
  skein_world_model_stale_seconds_total: counter({
    help: 'Time during which that age was over the bound, whatever the scrape interval.',
    profile: 'minimal',
  }),
  skein_neighbors: readGauge({
    help: 'Neighbours, by how they are believed in: a fresh point, or a volume that grows.',
    labels: { belief: ['point', 'volume'] },
    profile: 'minimal',
    read: (s, { belief }) => s.world.neighbors[belief],
  }),
  skein_positions_accepted_total: readCounter({
    help: 'Reports of others that were news.',
    read: s => s.agent.positionsAccepted,
  }),
  skein_positions_superseded_total: readCounter({
    help: 'Reports of others that came after a newer one of the same agent.',
    read: s => s.agent.positionsStale,
  }),
  skein_positions_future_total: readCounter({
    help: 'Reports stamped further ahead than the clock bound allows; somebody’s clock is wrong.',
    read: s => s.agent.positionsFuture,
  }),
  skein_positions_cloned_total: readCounter({
    help: 'Reports under our own key that we never made. Not zero = someone flies with a copy of our identity.',
    profile: 'minimal',
    read: s => s.agent.positionsCloned,
  }),
  skein_positions_forgotten_total: readCounter({
    help: 'Silent agents whose last report was given up.',
    read: s => s.agent.positionsForgotten,
  }),
}
