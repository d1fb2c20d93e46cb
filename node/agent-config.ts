import type { AgentConfig } from '../src/agent/config.ts'
import { DEFAULT_AGENT_CONFIG } from '../src/agent/config.ts'
import type { Config } from './config/schema.ts'

/** What the core needs of a node's configuration, in the core's units. */
export function agentConfigOf(config: Config, agent: string, boot: number): AgentConfig {
  const { position, gossip, clock, eventLog } = config
  return {
    ...DEFAULT_AGENT_CONFIG,
    agent,
    boot,
    cellResolution: gossip.cellResolution,
    watch: gossip.watch.map(area => ({
      latE7: Math.round(area.latDeg * 1e7),
      lonE7: Math.round(area.lngDeg * 1e7),
      radiusM: area.radiusM,
    })),
    position: {
      floorMs: 1000 / position.floorHz,
      ceilingMs: 1000 / position.ceilingHz,
      errorBoundMm: position.errorBoundM * 1000,
      validMs: position.validMs,
      forgetMs: position.forgetS * 1000,
      nearM: position.nearM,
      lookaheadS: position.lookaheadS,
    },
    flightRecordMs: eventLog.flightRecordMs,
    snapshot: { events: eventLog.snapshotEveryEvents, intervalMs: eventLog.snapshotEveryS * 1000 },
    clockBoundMs: clock.boundMs,
  }
}
