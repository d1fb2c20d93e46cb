import type { Logger } from '../log.ts'
import type { MapAssets } from '../map/bundle.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Scope } from './guard/scope.ts'

/** Bounds of the API. Each has a rule for what happens beyond it. */
export interface ApiLimits {
  /** Larger bodies are refused with 413. */
  readonly bodyBytesMax: number
  /** Further connections are closed at once. */
  readonly connectionsMax: number
  /** Further clients of a stream are answered 503. */
  readonly eventClientsMax: number
  readonly mapClientsMax: number
  /** Events that may wait for one reader; at the next one it is dropped, and may resume from the log. */
  readonly eventQueueMax: number
  /** Pause after which an idle event stream shows that it lives. */
  readonly heartbeatMs: number
  /** A connection on which nothing moves for so long is closed: a reader that does not read. */
  readonly idleMs: number
  /** How long a request may take to arrive: its head, and all of it. */
  readonly headMs: number
  readonly requestMs: number
  /** How long another agent may take to show the first frame of its map. */
  readonly firstFrameMs: number
}

export const DEFAULT_API_LIMITS: ApiLimits = {
  bodyBytesMax: 1 << 20,
  connectionsMax: 256,
  eventClientsMax: 32,
  mapClientsMax: 4,
  eventQueueMax: 1_024,
  heartbeatMs: 15_000,
  idleMs: 60_000,
  headMs: 10_000,
  requestMs: 30_000,
  firstFrameMs: 5_000,
}

export interface ApiOptions {
  /** Address or name to listen on. Anything but loopback needs a token. @default 127.0.0.1 */
  readonly host?: string
  /** Path of a unix socket to serve on, in place of host and port. Only this user can open it. */
  readonly socket?: string
  /** 0 = any free one. */
  readonly port: number
  /** Fail when the port is taken, instead of trying the next ones. @default false */
  readonly strictPort?: boolean
  /** Bearer token of scope admin. */
  readonly token?: string
  /** File whose first line is that token; read once. */
  readonly tokenFile?: string
  /** File of further tokens, as `skein token` keeps it; changes count at once. */
  readonly tokensFile?: string
  /**
   * What a caller without a token may do where only this machine reaches the API; elsewhere nothing.
   * @default none if `token` or `tokenFile` is given, else operate; over a unix socket admin
   */
  readonly open?: Scope | 'none'
  /** Names, besides the loopback ones and `host`, under which this node may be addressed. */
  readonly allowedHosts?: readonly string[]
  readonly log: Pick<Logger, 'debug' | 'warn' | 'error'>
  readonly metrics: ApiMetrics
  /** Height of the geoid above the WGS84 ellipsoid where the vehicle flies, metres; lets AMSL positions in. */
  readonly geoidOffsetM?: number
  /** GeoJSON drawn under the map, served at /map/base.geojson. */
  readonly baseMap?: Uint8Array
  /** The files of the live map by path; asked for when the first one is wanted. @default the map of this package */
  readonly mapAssets?: () => Promise<MapAssets>
  readonly limits?: Partial<ApiLimits>
}

export type ApiMetrics = Pick<Metrics, 'inc' | 'observe' | 'set'>

/** A running API. */
export interface Api {
  /** E.g. `http://127.0.0.1:4100`, of a wildcard address the loopback one; or `unix:/run/skein.sock`. */
  readonly url: string
  /** 0 on a unix socket. */
  readonly port: number
  /** Ends the streams, lets running requests finish for a second, then breaks off what is left. */
  close(): Promise<void>
}
