import { z } from 'zod'
import { ROLES } from '../../../src/policy/roles.ts'
import { POSITION_STATUSES } from '../../../src/position/position.ts'
import { type NeighborView, type NodeStatus, PEER_STATES, type PeerView } from '../../interface.ts'
import { ageMs, agentId, batteryPct, cellId, count, latDeg, lngDeg } from './common.ts'
import { apiSchemas } from './registry.ts'

const check = z
  .object({
    name: z.string(),
    ok: z.boolean(),
    detail: z.string().describe('Readable alone; says what to do when not ok'),
  })
  .register(apiSchemas, { id: 'Check' })

export const vehicleFix = z
  .object({
    latE7: z.int().describe('Degrees × 1e7, WGS84'),
    lonE7: z.int().describe('Degrees × 1e7, WGS84'),
    altMm: z.int().describe('Millimetres above the WGS84 ellipsoid'),
    heightDm: z.int().nullable().describe('Decimetres above take-off or ground'),
    vnCms: z.int().describe('Velocity north, cm/s'),
    veCms: z.int().describe('Velocity east, cm/s'),
    vdCms: z.int().describe('Velocity down, cm/s'),
    headingCdeg: z.int().nullable().describe('Heading, hundredths of a degree'),
    accHDm: z.int().nullable().describe('95 % horizontal error, decimetres'),
    accVDm: z.int().nullable().describe('95 % vertical error, decimetres'),
    status: z.enum(POSITION_STATUSES),
    batteryPct: batteryPct.nullable(),
  })
  .register(apiSchemas, { id: 'VehicleFix' })

export const nodeStatus = z
  .object({
    agent: agentId,
    name: z.string(),
    role: z.enum(ROLES),
    swarm: z.string(),
    version: z.string(),
    boot: count.describe('Starts of this node so far'),
    startedAt: z.iso.datetime({ offset: true }),
    uptimeS: z.number().min(0),
    listen: z.array(z.string()).describe('Multiaddrs this node listens on'),
    api: z.string(),
    dataDir: z.string(),
    vehicle: z.object({
      kind: z.string(),
      phase: z.string(),
      fix: vehicleFix.nullable(),
      fixAgeMs: ageMs.nullable(),
    }),
    peers: z.object({ connected: count, known: count }),
    cells: z.object({ own: cellId.nullable(), joined: z.array(cellId) }),
    log: z.object({
      seq: count,
      durableSeq: count,
      health: z.enum(['whole', 'quarantined']),
      sizeBytes: count,
    }),
    clock: z.object({
      trusted: z.boolean(),
      offsetMs: z.number().nullable(),
      boundMs: z.number(),
      steps: count,
    }),
    trust: z.object({
      mode: z.enum(['open', 'closed']).describe('open = whoever knows the swarm’s name may join'),
      certificate: z
        .object({
          serial: count,
          name: z.string(),
          roles: z.array(z.enum(ROLES)),
          notAfter: z.string(),
          standing: z.enum(['valid', 'grace', 'refused']),
          renewalDue: z.boolean(),
        })
        .nullable(),
      epoch: count.describe('Of the newest revocation list known'),
      behind: z.boolean().describe('A certificate was issued after a list that this node has not got'),
      members: count.describe('Agents whose certificates are known'),
    }),
    worldModelAgeMs: ageMs.nullable().describe('Worst age of a neighbour relied on; null = none'),
    checks: z.array(check),
  })
  .register(apiSchemas, { id: 'NodeStatus' }) satisfies z.ZodType<NodeStatus>

export const peerView = z
  .object({
    agent: agentId,
    name: z.string().nullable(),
    role: z.enum(ROLES).nullable(),
    state: z
      .enum(PEER_STATES)
      .describe(
        'known = heard of, not dialed now; left = said goodbye; failed = silent; refused = by us or by it',
      ),
    why: z.string().nullable().describe('Why it left, failed or was refused; else null'),
    path: z.enum(['direct', 'relayed']).nullable(),
    rttMs: z.number().nullable(),
    addresses: z.array(z.string()),
    version: z.string().nullable(),
    clockOffsetMs: z.number().nullable(),
    mesh: z.boolean().describe('In the gossip mesh of at least one topic'),
    lastSeenMs: z.number().nullable(),
  })
  .register(apiSchemas, { id: 'Peer' }) satisfies z.ZodType<PeerView>

export const neighborView = z
  .object({
    agent: agentId,
    name: z.string().nullable(),
    belief: z.enum(['point', 'volume']).describe('point while the report is fresh, else a volume that grows'),
    ageMs,
    latDeg,
    lngDeg,
    altitude: z.object({ valueM: z.number(), reference: z.literal('W84') }),
    uncertaintyM: z.object({ horizontal: z.number(), vertical: z.number() }),
    velocityMps: z.object({ north: z.number(), east: z.number(), up: z.number() }),
    headingDeg: z.number().nullable(),
    batteryPct: batteryPct.nullable(),
    status: z.enum(POSITION_STATUSES),
    cell: cellId,
    boot: count,
    seq: count,
    distanceM: z.number().nullable(),
  })
  .register(apiSchemas, { id: 'Neighbor' }) satisfies z.ZodType<NeighborView>
