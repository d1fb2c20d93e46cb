import { join } from 'node:path'
import type { Genesis } from '../../src/policy/genesis.ts'
import type { Config } from '../config/schema.ts'
import type { Logger } from '../log.ts'
import { TrustError } from './trust-error.ts'
import { GENESIS_FILE, readGenesis, TRUST_DIR } from './trust-files.ts'

/**
 * The founding record of this node's swarm, and the configuration with what it settles for all members. Without a
 * record the swarm is open, unless the configuration forbids that. Throws TrustError.
 */
export async function joinedConfig(
  given: Config,
  log: Logger,
): Promise<{ readonly config: Config; readonly genesis: Genesis | null }> {
  const genesis = await readGenesis(given.dataDir)
  if (genesis !== null) return { config: withGenesis(given, genesis), genesis }
  const { swarm, closed, dataDir } = given
  if (closed) {
    throw new TrustError(
      'TRUST_NONE',
      join(dataDir, TRUST_DIR, GENESIS_FILE),
      'this node belongs to no closed swarm, and the configuration allows no open one (closed: true)',
      'Get a bundle from the authority and run: skein init --join BUNDLE',
    )
  }
  log.warn(
    { swarm },
    'an open swarm: anyone who knows its name may join, listen and speak (close it: skein ca init)',
  )
  return { config: given, genesis }
}

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
