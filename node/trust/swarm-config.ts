import { join } from 'node:path'
import type { Genesis } from '../../src/policy/genesis.ts'
import type { Config } from '../config/schema.ts'
import { TrustError } from './trust-error.ts'
import { GENESIS_FILE, TRUST_DIR } from './trust-files.ts'

/** The swarm of a configuration that names none. */
const UNNAMED = 'default'

/** The configuration with what the swarm's founding record settles for all of its members. Throws TrustError. */
export function withGenesis(config: Config, { swarm, defaults }: Genesis): Config {
  if (config.swarm !== UNNAMED && config.swarm !== swarm) {
    throw new TrustError(
      'TRUST_SWARM',
      join(config.dataDir, TRUST_DIR, GENESIS_FILE),
      `it founds swarm '${swarm}', and the configuration says '${config.swarm}'`,
      'Leave the swarm setting out, or use another --data-dir for another swarm',
    )
  }
  return {
    ...config,
    swarm,
    clock: { ...config.clock, boundMs: defaults.clockBoundMs },
    gossip: { ...config.gossip, cellResolution: defaults.cellResolution },
  }
}
