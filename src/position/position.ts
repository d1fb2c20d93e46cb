import type { AgentId, CellId } from '../ports.ts'
import type { Hlc } from '../time/hlc.ts'

/** ASTM F3411 operational status. */
export const POSITION_STATUSES = [
  'Undeclared',
  'Ground',
  'Airborne',
  'Emergency',
  'RemoteIDSystemFailure',
] as const
export type PositionStatus = (typeof POSITION_STATUSES)[number]

/** ASTM F3548 state of an operational intent, in the order of its wire code. */
export const INTENT_STATES = ['Accepted', 'Activated', 'Nonconforming', 'Contingent', 'Ended'] as const
type IntentState = (typeof INTENT_STATES)[number]

/**
 * What the vehicle says of itself at one moment: position, velocity and health, before it is stamped and
 * signed. Degrees x 1e7 (WGS84), millimetres above the WGS84 ellipsoid, centimetres per second (north, east, down).
 */
export interface VehicleFix {
  readonly latE7: number
  readonly lonE7: number
  /** W84: height above the ellipsoid. */
  readonly altMm: number
  /** Height above the take-off point or ground, decimetres; null = unknown. */
  readonly heightDm: number | null
  readonly vnCms: number
  readonly veCms: number
  readonly vdCms: number
  /** Where the nose points, 0..35999 hundredths of a degree; null = unknown. */
  readonly headingCdeg: number | null
  /** 95 % horizontal and vertical error, decimetres; null = unknown. */
  readonly accHDm: number | null
  readonly accVDm: number | null
  readonly status: PositionStatus
  /** 0..100; null = unknown. */
  readonly batteryPct: number | null
}

/** One report of one agent: the unit that is gossiped, last writer wins by `hlc`. */
export interface Position extends VehicleFix {
  readonly agent: AgentId
  /** Starts of this agent so far; with `seq` it makes a report unique and a replay plain. */
  readonly boot: number
  readonly seq: number
  readonly hlc: Hlc
  /** How long after `hlc` a neighbour may still take this report for the present. */
  readonly validMs: number
  /** The operational intent being flown, if any: 16 bytes of UUID. */
  readonly intent: { readonly id: Uint8Array; readonly state: IntentState } | null
  /** Fencing tokens of the grants held, so that neighbours can check them. At most 3. */
  readonly tokens: readonly number[]
}

/** A report together with the author's signed bytes, exactly as received: what anti-entropy passes on. */
export interface SignedPosition {
  readonly position: Position
  /** The cell the report was published to. */
  readonly cell: CellId
  readonly bytes: Uint8Array
}
