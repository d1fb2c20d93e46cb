import type { AgentId, CellId } from '../../src/ports.ts'
import type { PositionStatus } from '../../src/position/position.ts'

export { decodeMapFrames, type MapFrameResult } from './decode.ts'
export { encodeMapFrame } from './encode.ts'

/** What a node is for, as far as the observer knows; `unknown` until its hello was seen. */
export const MAP_KINDS = [
  'unknown',
  'drone',
  'anchor',
  'relay',
  'observer',
  'dispatcher',
  'regulator',
  'bridge',
] as const
type MapKind = (typeof MAP_KINDS)[number]

/** `self` = its own sensors; `point` = a fresh report; `volume` = too old for a point: somewhere in there. */
export const MAP_BELIEFS = ['self', 'point', 'volume'] as const
type MapBelief = (typeof MAP_BELIEFS)[number]

/** `own` = where the node is; `joined` = listened to; `ahead` = joined before its border is crossed. */
export const MAP_CELL_ROLES = ['own', 'joined', 'ahead'] as const
type MapCellRole = (typeof MAP_CELL_ROLES)[number]

export interface MapCell {
  readonly cell: CellId
  readonly role: MapCellRole
  /** The outline in order, not closed; 5 to 10 corners. */
  readonly corners: readonly { readonly latE7: number; readonly lonE7: number }[]
}

/** One agent as the observer believes it to be at `MapFrame.atMs` (dead-reckoned from its last report). */
export interface MapObject {
  readonly agent: AgentId
  /** Empty = not known yet. */
  readonly name: string
  readonly kind: MapKind
  readonly belief: MapBelief
  readonly latE7: number
  readonly lonE7: number
  /** W84: millimetres above the ellipsoid. */
  readonly altMm: number
  /** Height above take-off point or ground, decimetres; null = unknown. */
  readonly heightDm: number | null
  readonly vnCms: number
  readonly veCms: number
  readonly vdCms: number
  /** Where the nose points, 0..35999; null = unknown. */
  readonly headingCdeg: number | null
  /** 0..100; null = unknown. */
  readonly batteryPct: number | null
  readonly status: PositionStatus
  /** How old the report behind this belief is. */
  readonly ageMs: number
  /** How far the truth may be from the point given here, decimetres; 65535 = that or more. */
  readonly uncertaintyHDm: number
  readonly uncertaintyVDm: number
  /** The cell the report was published to; empty = none. */
  readonly cell: CellId
  readonly boot: number
  readonly seq: number
}

/** Two of the objects hear each other. `a`, `b`: indices into `MapFrame.objects`. */
export interface MapLink {
  readonly a: number
  readonly b: number
  /** `relayed` = through a circuit relay. */
  readonly path: 'direct' | 'relayed'
  /** In the gossip mesh of at least one topic. */
  readonly mesh: boolean
  /** To a tenth of a millisecond, at most 6553.4; null = not measured. */
  readonly rttMs: number | null
}

interface MapHealth {
  /** Worst age of a neighbour this node relies on; null = it relies on nobody. */
  readonly worldModelAgeMs: number | null
  readonly peersConnected: number
  readonly peersKnown: number
  readonly logSeq: number
  readonly logWhole: boolean
  readonly clockTrusted: boolean
  readonly clockOffsetMs: number | null
  readonly clockBoundMs: number
}

/** ONE node's belief at one moment: the unit of the live map's stream. */
export interface MapFrame {
  /** The node's wall clock, milliseconds since 1970. */
  readonly atMs: number
  readonly self: { readonly agent: AgentId; readonly name: string; readonly role: MapKind }
  /** Origin of the drawn tangent plane and its ground level (W84); must not change while the node runs. */
  readonly origin: { readonly latE7: number; readonly lonE7: number; readonly altMm: number }
  readonly cells: readonly MapCell[]
  /** The node itself is among them once it has a position. */
  readonly objects: readonly MapObject[]
  readonly links: readonly MapLink[]
  readonly health: MapHealth
}
