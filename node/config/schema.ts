import { z } from 'zod'
import { DEFAULT_AGENT_CONFIG } from '../../src/agent/config.ts'
import { ROLES } from '../../src/policy/roles.ts'
import { SCOPES } from '../api/guard/scope.ts'
import { LOG_FORMATS, LOG_LEVELS } from '../log.ts'
import { listenAddress, peerAddress } from './multiaddr.ts'
import { PROFILES } from './profile-names.ts'

/**
 * The one schema of the configuration. Types, defaults, JSON Schema, flags, the table of environment
 * variables and the documentation all follow from it, so a key is written down once, here.
 * Every key says what it is, in which unit, and when to change it.
 */

const agent = DEFAULT_AGENT_CONFIG

const whole = (min: number, max: number) => z.int().min(min).max(max)
const real = (min: number, max: number) => z.number().min(min).max(max)
const path = () => z.string().min(1).meta({ format: 'path' })
const latDeg = () => real(-90, 90).describe('Latitude, degrees, WGS84.')
const lngDeg = () => real(-180, 180).describe('Longitude, degrees, WGS84.')
const point = () =>
  z.strictObject({
    latDeg: latDeg(),
    lngDeg: lngDeg(),
    altM: real(-500, 20_000).describe('Height above the WGS84 ellipsoid, metres.'),
  })

/** A group of keys; missing ones take their defaults. */
const group = <Shape extends z.ZodRawShape>(about: string, shape: Shape) =>
  z
    .strictObject(shape)
    .prefault({} as never)
    .describe(about)

const relay = group('Circuit relay: reaching peers that cannot be dialed (NAT, mobile networks).', {
  client: z
    .boolean()
    .default(true)
    .describe(
      'Reserve a place at relays and be reachable through them. Turn off where every node can be dialed.',
    ),
  server: z
    .boolean()
    .default(false)
    .describe(
      'Carry traffic between peers that cannot reach each other. Turn on only on well-connected hosts.',
    ),
  maxReservations: whole(1, 10_000)
    .default(256)
    .describe('Peers that may hold a place at this relay at once. Raise with the size of the fleet.'),
})

const api = group('Where to serve the HTTP API, the metrics and the live map, and to whom.', {
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to serve on. Anything but loopback needs a token: see `skein token`.'),
  port: whole(0, 65_535)
    .default(4780)
    .describe('TCP port; 0 = any free one. Unless set, the next free port is taken when this one is in use.'),
  socket: path()
    .nullable()
    .default(null)
    .describe('Unix socket to serve on in place of host and port; only this user can open it.'),
  open: z
    .enum(['none', ...SCOPES])
    .nullable()
    .default(null)
    .describe(
      'What callers without a token may do over loopback or the socket; beyond them always none. null = operate, on the socket admin, with api.tokenFile none. Every user and program of a machine reaches its loopback: set none or read, or use a socket, where you do not trust them all.',
    ),
  tokenFile: path()
    .nullable()
    .default(null)
    .describe(
      'File with one bearer token that may do everything. `skein token create` makes others, with a scope and an end.',
    ),
  allowedHosts: z
    .array(z.string().min(1))
    .max(64)
    .default([])
    .describe('Host headers to answer besides loopback names and api.host. Set when served behind a name.'),
})

const VEHICLE_KINDS = ['simulated', 'replay', 'http', 'fixed', 'none'] as const

const vehicle = group(
  'Where position comes from. Short form: `simulated`, `replay:FILE`, `http` (your program posts positions), `fixed` (stays at vehicle.start) or `none`.',
  {
    kind: z
      .enum(VEHICLE_KINDS)
      .default('http')
      .describe('Kind of vehicle. `http` says nothing until a program posts to /api/v1/position.'),
    file: path().nullable().default(null).describe('Recording to replay: MAVLink .tlog, .kml or .csv.'),
    track: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe('Which track of a recording that holds several; null = the first.'),
    speed: real(0.1, 1000).default(1).describe('Times real time at which a recording is replayed.'),
    loop: z
      .boolean()
      .default(false)
      .describe('Start a recording again when it ends. A simulated vehicle always flies its route again.'),
    geoidUndulationM: real(-120, 100)
      .nullable()
      .default(null)
      .describe(
        'Height of mean sea level above the WGS84 ellipsoid where a recording was made, metres. Needed when it counts altitudes from the sea (Zurich: 47); null = not known.',
      ),
    start: point()
      .nullable()
      .default(null)
      .describe(
        'Where a simulated vehicle takes off, or a fixed one stands; null = the first point of vehicle.route.',
      ),
    route: z
      .array(point())
      .max(1000)
      .default([])
      .describe('Points that a simulated vehicle flies through, in order; none = a delivery over Zurich.'),
    cruiseMps: real(0.5, 60).default(12).describe('Cruising speed of a simulated vehicle, m/s.'),
    wind: group('Wind around a simulated vehicle.', {
      speedMps: real(0, 40).default(0).describe('Mean wind speed, m/s.'),
      fromDeg: real(0, 360).default(270).describe('Where the wind comes from, degrees from north.'),
      gustMps: real(0, 20).default(0).describe('Standard deviation of gusts, m/s.'),
    }),
  },
)

const gossip = group('How positions travel.', {
  flushMs: whole(0, 1000)
    .default(20)
    .describe('How long what is relayed to a peer waits to go out as one write, ms. Raise on slow radios.'),
  cellResolution: whole(5, 10)
    .default(agent.cellResolution)
    .describe(
      'H3 resolution of topic cells (8 = 0.5 km edge). The same in the whole swarm; higher when dense.',
    ),
  watch: z
    .array(
      z.strictObject({ latDeg: latDeg(), lngDeg: lngDeg(), radiusM: real(1, 100_000).describe('Metres.') }),
    )
    .max(64)
    .default([])
    .describe('Places to listen to besides what surrounds the vehicle. For relays and ground stations.'),
})

const position = group('When to publish the own position, and how long to believe others.', {
  floorHz: real(0.1, 10)
    .default(1000 / agent.position.floorMs)
    .describe('Least rate of reports, also when nothing moves, Hz. Lower on very thin links.'),
  ceilingHz: real(1, 50)
    .default(1000 / agent.position.ceilingMs)
    .describe('Highest rate of reports, used when someone is near, Hz.'),
  errorBoundM: real(0.05, 100)
    .default(agent.position.errorBoundMm / 1000)
    .describe(
      'Publish when the extrapolation of neighbours would be off by more, metres. Raise to save traffic.',
    ),
  // What the wire carries: a byte of tenths of a second.
  validMs: whole(200, 25_500)
    .multipleOf(100)
    .default(agent.position.validMs)
    .describe(
      'How long a report counts as the present, ms. Above 1000 / floorHz, or reports expire between two.',
    ),
  forgetS: whole(1, 86_400)
    .default(agent.position.forgetMs / 1000)
    .describe('How long a silent agent is kept as a growing uncertainty volume, seconds.'),
  nearM: real(0, 10_000)
    .default(agent.position.nearM)
    .describe('Nearer than this means the ceiling rate, metres. Raise with speed.'),
  lookaheadS: real(0, 300)
    .default(agent.position.lookaheadS)
    .describe('So does coming nearer than nearM within this time, seconds.'),
})

const dataKey = group(
  'Encryption of the data directory, off unless one of these is set: events, identity and network key, AES-256-GCM. Not hidden: how many events there are, how long and when; peers.json; digests of tokens. One that is not encrypted yet: `skein data encrypt`.',
  {
    file: path()
      .nullable()
      .default(null)
      .describe(
        'File with the key: 32 random bytes, as they are, in hex or base64, readable by this user only. Keep it on another device than the data.',
      ),
    command: z
      .array(z.string().min(1))
      .max(32)
      .default([])
      .describe(
        'Program with its arguments that writes the key to stdout within 15 s, in place of a file: of a TPM or a vault. Run at each start, without a shell; what it says is shown nowhere.',
      ),
  },
)

const eventLog = group('The signed event log on disk.', {
  maxMiB: whole(8, 1_048_576)
    .default(512)
    .describe('Size past which the oldest acknowledged events go, MiB. Fit to the disk.'),
  maxAgeDays: whole(1, 3650)
    .default(30)
    .describe(
      'Age past which acknowledged events go, days by the log’s own stamps; any one pause counts for a tenth of it at most.',
    ),
  flightRecordMs: whole(0, 60_000)
    .default(agent.flightRecordMs)
    .describe('How often the own position goes into the log, ms; 0 = never. Raise to save disk.'),
  snapshotEveryEvents: whole(100, 1_000_000)
    .default(10_000)
    .describe('Events between snapshots. Lower for faster starts, higher for fewer writes.'),
  snapshotEveryS: whole(10, 86_400).default(300).describe('Longest time between snapshots, seconds.'),
  reserveMiB: whole(0, 4096)
    .default(64)
    .describe('Disk space kept back, so that a full disk is not fatal, MiB. 0 only for throw-away nodes.'),
})

export const configSchema = z.strictObject({
  profile: z
    .enum(PROFILES)
    .default('drone')
    .describe('Set of defaults to start from: on board, a relay, the local demo, or under the simulator.'),
  name: z
    .string()
    .max(64)
    .regex(/^\S*( \S+)*$/, 'single words with one space between them')
    .default('')
    .describe('What people call this node; need not be unique. Empty = the name of the host.'),
  role: z
    .enum(ROLES)
    .default('drone')
    .describe(
      'What this node is for: drone flies, anchor stays and may vote, relay connects others, observer listens.',
    ),
  swarm: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and dashes, at most 63')
    .default('default')
    .describe('Swarm to belong to. Nodes of different swarms do not talk. Set it in every real fleet.'),
  closed: z
    .boolean()
    .default(false)
    .describe(
      'Refuse to run without a certificate: a node that was never joined (skein init --join) then does not start as one of an open swarm. Set in every real fleet.',
    ),
  dataDir: path()
    .default('~/.local/share/skein')
    .describe('Directory of the identity and the event log. One node at a time; on a disk that survives.'),
  listen: z
    .array(listenAddress())
    .max(16)
    .default(['/ip4/0.0.0.0/tcp/4710'])
    .describe('Addresses to accept peers on. Unless set, the next free port is taken when 4710 is in use.'),
  announce: z
    .array(peerAddress())
    .max(16)
    .default([])
    .describe(
      'Addresses to tell peers instead of the ones found. Set behind port forwarding or in containers.',
    ),
  bootstrap: z
    .array(peerAddress())
    .max(64)
    .default([])
    .describe('Peers to dial first and never give up on, usually relays. Set beyond one local network.'),
  mdns: z
    .boolean()
    .default(true)
    .describe('Find peers on the local network by multicast. Turn off where multicast is unwanted.'),
  relay,
  pskFile: path()
    .nullable()
    .default(null)
    .describe(
      'File with the pre-shared key of a closed network (libp2p format). The same in the whole swarm.',
    ),
  rulesFile: path()
    .nullable()
    .default(null)
    .describe(
      'Rules that the vehicle keeps to in the air and when it is commanded, YAML: see src/policy/rules/README.md. null = cautious ones that fit any fleet.',
    ),
  dataKey,
  api,
  vehicle,
  gossip,
  position,
  clock: group('Trust in the own clock.', {
    boundMs: whole(10, 60_000)
      .default(agent.clockBoundMs)
      .describe('Clock error that everything is safe under, ms. The same in the whole swarm.'),
  }),
  eventLog,
  metrics: group('What /metrics shows.', {
    profile: z
      .enum(['minimal', 'standard', 'debug'])
      .default('standard')
      .describe('How many series: minimal for radio links, debug adds the libraries’ own.'),
  }),
  connections: group('How many peers to be connected to.', {
    max: whole(2, 10_000).default(64).describe('Connections at most. Raise on relays.'),
    target: whole(1, 1000)
      .default(12)
      .describe('Peers that the node works to stay connected to. Raise when links are unreliable.'),
    peerKiBPerS: whole(256, 1_048_576)
      .default(8_192)
      .describe(
        'What one peer may send, KiB/s; four seconds of it at once. Who goes on is let go. A full view of 10,000 objects needs it all; else 300 are plenty.',
      ),
    banMinutes: whole(1, 10_080)
      .default(30)
      .describe('How long a peer is refused that keeps breaking the rules, minutes.'),
  }),
  log: group('The program’s own log, on stderr.', {
    level: z.enum(LOG_LEVELS).default('info').describe('Least severity that is logged.'),
    format: z
      .enum(LOG_FORMATS)
      .default('auto')
      .describe('Form of the log: auto = human on a terminal, else json.'),
  }),
})

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T

/** The whole configuration of a node: complete, checked, paths absolute. */
export type Config = DeepReadonly<z.output<typeof configSchema>>

/** Any part of a configuration, as a layer gives it. */
export type PartialConfig = DeepReadonly<z.input<typeof configSchema>>
