import { equalBytes } from '../bytes.ts'
import type { Hlc } from '../time/hlc.ts'
import { CborCursor, MAJOR } from './cbor-cursor.ts'
import { decodeEvent, type Envelope, EVENT_LIMITS } from './encode.ts'
import type { EventData, EventValue, LogEvent } from './event.ts'

/** Where the vehicle was last said to be. Degrees x 1e7 (WGS84), millimetres above the ellipsoid. */
interface LastPosition {
  readonly latE7: number
  readonly lonE7: number
  readonly altMm: number | null
  readonly hlc: Hlc
  readonly boot: number
}

/** What an agent's own log adds up to: the fold of its events, kept in snapshots so that a start is quick. */
export interface LogView {
  readonly seq: number
  readonly hlc: Hlc
  /** Boot of the newest event. */
  readonly boots: number
  readonly phase: string | null
  readonly position: LastPosition | null
  /** Way flown, over ground, summed between the logged positions of each boot. */
  readonly distanceMm: number
  readonly countByType: ReadonlyMap<string, number>
  /** Agents met, by id, at most PEERS_MAX; later ones only count. */
  readonly peers: ReadonlySet<string>
  readonly peersBeyond: number
  /**
   * What the newest `trust.…` event of each type and subject says, by `latestKey`: it outlives the event, since what
   * was revoked or found out must be known at the next start. At most LATEST_MAX; past it the oldest witnessed head goes, and if there is none, the oldest of all but revocations.
   */
  readonly latest: ReadonlyMap<string, EventData>
}

/** Under which an event's data is found in `latest`. */
export const latestKey = (type: string, subject: string): string => `${type} ${subject}`

const PEERS_MAX = 4_096
const LATEST_MAX = 2_048
/** Types past this many count as `other`: a type comes from outside too. */
const TYPES_MAX = 256

const WHAT = 'event'

// How far one degree x 1e-7 of latitude is, millimetres: mean Earth radius 6,371,008.8 m (IUGG).
const MM_PER_E7 = (6_371_008_800 * Math.PI) / 180 / 1e7
const RAD_PER_E7 = Math.PI / 180 / 1e7

/**
 * Folds verified events, one at a time, in order. What it understands: `boot` of every event;
 * `peer.joined` (subject = the peer); `trust.…` as a whole; and of every `flight.…` and `vehicle.…` event `phase` (text) and `latE7`, `lonE7`, `altMm`.
 */
export interface LogFold {
  add(event: LogEvent): void
  /** The same from stored bytes, whose data is decoded only if the event's type calls for it. */
  addStored(envelope: Envelope, bytes: Uint8Array): void
  view(): LogView
}

/** What the view takes from an event's content. */
interface Content {
  readonly subject: () => string
  readonly data: () => EventData
  readonly flight: () => FlightData
}

interface FlightData {
  readonly latE7: number | null
  readonly lonE7: number | null
  readonly altMm: number | null
  readonly phase: string | null
}

type Stamp = Pick<LogEvent, 'boot' | 'seq' | 'hlc'>

export function createLogFold(from: LogView | null = null): LogFold {
  let seq = from?.seq ?? 0
  let hlc = from?.hlc ?? 0
  let boots = from?.boots ?? 0
  let phase = from?.phase ?? null
  let position = from?.position ?? null
  let distanceMm = from?.distanceMm ?? 0
  let peersBeyond = from?.peersBeyond ?? 0
  const peers = new Set(from?.peers)
  const counts = new Map(from?.countByType)
  const latest = new Map(from?.latest)
  const typeName = createTypeNames()

  function count(type: string): void {
    const name = counts.has(type) || counts.size < TYPES_MAX ? type : 'other'
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }

  function flown({ latE7, lonE7, altMm, phase: said }: FlightData, { hlc: at, boot }: Stamp): void {
    if (said !== null) phase = said
    if (latE7 === null || lonE7 === null) return
    const next = { latE7, lonE7, altMm, hlc: at, boot }
    // Between two boots a vehicle may have been carried: that is no way flown.
    if (position !== null && position.boot === boot) distanceMm += groundMm(position, next)
    position = next
  }

  function met(peer: string): void {
    if (peers.size < PEERS_MAX) peers.add(peer)
    else if (!peers.has(peer)) peersBeyond += 1
  }

  function keep(key: string, data: EventData): void {
    latest.delete(key)
    latest.set(key, data)
    if (latest.size > LATEST_MAX) latest.delete(leastMissed(latest.keys()))
  }

  function fold(type: string, stamp: Stamp, content: Content): void {
    seq = stamp.seq
    hlc = Math.max(hlc, stamp.hlc)
    boots = Math.max(boots, stamp.boot)
    count(type)
    if (type === 'peer.joined') met(content.subject())
    else if (type.startsWith('trust.')) keep(latestKey(type, content.subject()), content.data())
    else if (type.startsWith('flight.') || type.startsWith('vehicle.')) flown(content.flight(), stamp)
  }

  function view(): LogView {
    const state = { seq, hlc, boots, phase, position, distanceMm, peersBeyond }
    return { ...state, countByType: new Map(counts), peers: new Set(peers), latest: new Map(latest) }
  }

  return {
    add: event =>
      fold(event.type, event, {
        subject: () => event.subject,
        data: () => event.data,
        flight: () => flightOf(event.data),
      }),
    addStored: (envelope, bytes) =>
      fold(typeName(envelope.type), envelope, {
        subject: () =>
          new TextDecoder().decode(new CborCursor(bytes, WHAT, envelope.subjectAt).string(MAJOR.text)),
        data: () => decodeEvent(bytes).data,
        flight: () => readFlight(bytes, envelope.dataAt),
      }),
    view,
  }
}

/** What goes first: how far somebody's log went; last of all what was revoked. */
function leastMissed(keys: Iterable<string>): string {
  let spare = ''
  for (const key of keys) {
    if (key.startsWith('trust.witnessed')) return key
    if (spare === '' && !key.startsWith('trust.revoked')) spare = key
  }
  return spare
}

const integerOf = (value: EventValue | undefined): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : null

function flightOf({ latE7, lonE7, altMm, phase }: EventData): FlightData {
  return {
    latE7: integerOf(latE7),
    lonE7: integerOf(lonE7),
    altMm: integerOf(altMm),
    phase: typeof phase === 'string' ? phase : null,
  }
}

const utf8 = new TextEncoder()
const LAT = utf8.encode('latE7')
const LON = utf8.encode('lonE7')
const ALT = utf8.encode('altMm')
const PHASE = utf8.encode('phase')

/** The same from the bytes, without building the rest: most events of a flight are positions. */
function readFlight(bytes: Uint8Array, dataAt: number): FlightData {
  const cursor = new CborCursor(bytes, WHAT, dataAt)
  let latE7: number | null = null
  let lonE7: number | null = null
  let altMm: number | null = null
  let phase: string | null = null
  for (let left = cursor.head(MAJOR.map); left > 0; left--) {
    const start = cursor.passString(MAJOR.text)
    const end = cursor.at
    if (isText(bytes, start, end, LAT)) latE7 = cursor.integerOrSkip(EVENT_LIMITS.depth)
    else if (isText(bytes, start, end, LON)) lonE7 = cursor.integerOrSkip(EVENT_LIMITS.depth)
    else if (isText(bytes, start, end, ALT)) altMm = cursor.integerOrSkip(EVENT_LIMITS.depth)
    else if (isText(bytes, start, end, PHASE) && (bytes[end] ?? 0) >> 5 === MAJOR.text) {
      phase = new TextDecoder().decode(cursor.string(MAJOR.text))
    } else cursor.pass(EVENT_LIMITS.depth)
  }
  return { latE7, lonE7, altMm, phase }
}

function isText(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.byteLength) return false
  for (let i = 0; i < text.byteLength; i++) if (bytes[start + i] !== text[i]) return false
  return true
}

/** Equirectangular: exact to a millimetre at the distances between two logged positions. */
function groundMm(a: LastPosition, b: LastPosition): number {
  const wrapped = ((b.lonE7 - a.lonE7 + 5.4e9) % 3.6e9) - 1.8e9
  const east = wrapped * Math.cos(((a.latE7 + b.latE7) / 2) * RAD_PER_E7)
  return Math.round(Math.hypot(b.latE7 - a.latE7, east) * MM_PER_E7)
}

interface TypeName {
  readonly bytes: Uint8Array
  readonly name: string
}

/** Text of type bytes; types are ASCII and few, and the last one is usually this one. */
function createTypeNames(): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder()
  const names = new Map<number, TypeName>()
  let last: TypeName = { bytes: new Uint8Array(0), name: '' }
  return bytes => {
    if (equalBytes(last.bytes, bytes)) return last.name
    let slot = bytes.byteLength
    for (const byte of bytes) slot = (slot * 31 + byte) & 0x3ff
    const known = names.get(slot)
    if (known !== undefined && equalBytes(known.bytes, bytes)) {
      last = known
      return known.name
    }
    const name = decoder.decode(bytes)
    last = { bytes: Uint8Array.from(bytes), name }
    names.set(slot, last)
    return name
  }
}
