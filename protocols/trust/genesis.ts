import type { Genesis } from '../../src/policy/genesis.ts'
import { FrameError } from '../frame-error.ts'
import { agentIdOf, publicKeyOf } from '../identity/agent-id.ts'
import { openRecord, recordHolds, type Sign, sealRecord, type Verify } from './signed-record.ts'

/*
 * Body, version 1 (see signed-record.ts), signed by the root key that it names:
 *
 *   [1, swarm, 32 B root key, created ms, [32 B voter key, …],
 *    [clock bound ms, cell resolution, grace ms, root lease ms], [[zone file, 32 B sha256], …]]
 */
const VERSION = 1
export const GENESIS_MAX = 65_536
const VOTERS_MAX = 64
const ZONES_MAX = 256
const TEXT_MAX = 128
const FIELDS = 7

/** Signs the founding record. `sign`: with the root key. Throws RangeError when a voter is no Ed25519 peer id. */
export function sealGenesis(genesis: Genesis, sign: Sign): Uint8Array {
  const { swarm, rootKey, createdMs, voters, defaults, zones } = genesis
  const keys = [...voters].sort().map(voter => {
    const key = publicKeyOf(voter)
    if (key === null) throw new RangeError(`voter '${voter}' is not the peer id of an Ed25519 key`)
    return key
  })
  const { clockBoundMs, cellResolution, graceMs, rootLeaseMs } = defaults
  const fields = [
    VERSION,
    swarm,
    rootKey,
    createdMs,
    keys,
    [clockBoundMs, cellResolution, graceMs, rootLeaseMs],
    zones.map(({ name, sha256 }) => [name, sha256]),
  ]
  return sealRecord('genesis', swarm, fields, sign)
}

/** Opens a founding record and verifies that the root key it names signed it. Throws FrameError. */
export function openGenesis(bytes: Uint8Array, verify: Verify): Genesis {
  const record = openRecord(bytes, 'a genesis', VERSION, GENESIS_MAX)
  const { row } = record
  if (row.length !== FIELDS) row.fail(row.length, 'one too many or too few')
  const swarm = row.text(1, 63)
  const rootKey = row.bytes(2, 32)
  if (!recordHolds('genesis', swarm, record, rootKey, verify))
    throw new FrameError('malformed', 'a genesis that was altered: its signature does not match', 0)
  const defaults = row.row(5)
  return {
    swarm,
    rootKey,
    createdMs: row.whole(3, 0),
    voters: row.list(4, VOTERS_MAX, (keys, at) => agentIdOf(keys.bytes(at, 32))),
    defaults: {
      clockBoundMs: defaults.whole(0, 1),
      cellResolution: defaults.whole(1, 0, 15),
      graceMs: defaults.whole(2, 0),
      rootLeaseMs: defaults.whole(3, 0),
    },
    zones: row.list(6, ZONES_MAX, (list, at) => {
      const zone = list.row(at)
      return { name: zone.text(0, TEXT_MAX), sha256: zone.bytes(1, 32) }
    }),
  }
}
