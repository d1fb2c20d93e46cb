import { POSITION_STATUSES } from '../../src/position/position.ts'
import {
  MAP_BELIEFS,
  MAP_CELL_ROLES,
  MAP_KINDS,
  type MapCell,
  type MapFrame,
  type MapLink,
  type MapObject,
} from './frame.ts'
import {
  BODY_BYTES_MAX,
  CORNERS_MAX,
  HEADER_BYTES,
  LINK_BYTES,
  MAGIC,
  NULL_I16,
  NULL_I32,
  NULL_U8,
  NULL_U16,
  NULL_U32,
  OBJECT_BYTES,
  PREFIX_BYTES,
  VERSION,
} from './layout.ts'

/** What came out of the stream: a frame, or why there was none in its place. */
export type MapFrameResult =
  | { readonly t: 'frame'; readonly frame: MapFrame }
  | {
      readonly t: 'fault'
      /** `length` ends the stream: nothing after it can be found. The others cost one frame. */
      readonly code: 'length' | 'version' | 'malformed'
      readonly message: string
    }

export interface MapFrameDecoder {
  /** Takes the next bytes of the stream, cut anywhere, and returns what they complete. Never throws. */
  push(chunk: Uint8Array): readonly MapFrameResult[]
}

/** A decoder for one stream of frames. Holds at most one frame and one chunk. */
export function decodeMapFrames(): MapFrameDecoder {
  let held = new Uint8Array(64 * 1024)
  let end = 0
  let broken = false

  const append = (chunk: Uint8Array): void => {
    if (end + chunk.length > held.length) {
      const grown = new Uint8Array(Math.max(end + chunk.length, 2 * held.length))
      grown.set(held.subarray(0, end))
      held = grown
    }
    held.set(chunk, end)
    end += chunk.length
  }

  return {
    push(chunk) {
      if (broken) return []
      append(chunk)
      const results: MapFrameResult[] = []
      let start = 0
      while (end - start >= PREFIX_BYTES) {
        const length = new DataView(held.buffer, start, PREFIX_BYTES).getUint32(0, true)
        if (length < HEADER_BYTES || length > BODY_BYTES_MAX) {
          broken = true
          results.push({
            t: 'fault',
            code: 'length',
            message: `Map frame of ${length} bytes; ${HEADER_BYTES} to ${BODY_BYTES_MAX} expected. Open the stream again.`,
          })
          return results
        }
        if (end - start < PREFIX_BYTES + length) break
        results.push(decodeBody(new DataView(held.buffer, start + PREFIX_BYTES, length)))
        start += PREFIX_BYTES + length
      }
      held.copyWithin(0, start, end)
      end -= start
      return results
    },
  }
}

class MalformedError extends Error {}

const utf8 = new TextDecoder()

function decodeBody(view: DataView): MapFrameResult {
  if (view.getUint16(0, true) !== MAGIC) {
    return { t: 'fault', code: 'malformed', message: 'Not a map frame: it does not begin with "SM".' }
  }
  const version = view.getUint8(2)
  if (version !== VERSION) {
    const message = `Map frame of version ${version}; this reader knows ${VERSION}. Reload the page, or open a node of that version.`
    return { t: 'fault', code: 'version', message }
  }
  try {
    return { t: 'frame', frame: readFrame(view) }
  } catch (error) {
    // A DataView refuses every read beyond its end with a RangeError; nothing else can go wrong here.
    if (!(error instanceof MalformedError || error instanceof RangeError)) throw error
    return { t: 'fault', code: 'malformed', message: `Map frame: ${error.message}` }
  }
}

/** Strings and counts of one body, and where the reading is. */
interface Cursor {
  readonly view: DataView
  readonly strings: readonly string[]
  at: number
}

function readFrame(view: DataView): MapFrame {
  const [strings, at] = readStrings(view)
  const cursor: Cursor = { view, strings, at }
  const objectCount = view.getUint16(54, true)
  const cells = repeat(view.getUint16(52, true), () => readCell(cursor))
  const objects = repeat(objectCount, () => readObject(cursor))
  const links = repeat(view.getUint16(56, true), () => readLink(cursor, objectCount))
  const flags = view.getUint8(40)
  return {
    atMs: finite(view.getFloat64(4, true), 'atMs'),
    self: {
      agent: stringAt(cursor, 58),
      name: stringAt(cursor, 60),
      role: pick(MAP_KINDS, view.getUint8(3), 'role'),
    },
    origin: { ...readPoint(view, 12), altMm: view.getInt32(20, true) },
    cells,
    objects,
    links,
    health: {
      worldModelAgeMs: nullable(view.getUint32(24, true), NULL_U32),
      peersConnected: view.getUint16(28, true),
      peersKnown: view.getUint16(30, true),
      logSeq: finite(view.getFloat64(32, true), 'logSeq'),
      logWhole: (flags & 2) !== 0,
      clockTrusted: (flags & 1) !== 0,
      clockOffsetMs: nullable(view.getInt32(42, true), NULL_I32),
      clockBoundMs: view.getUint32(46, true),
    },
  }
}

function readStrings(view: DataView): readonly [strings: readonly string[], end: number] {
  let at = HEADER_BYTES
  const strings = repeat(view.getUint16(50, true), () => {
    const length = view.getUint8(at)
    if (at + 1 + length > view.byteLength) throw new MalformedError('a string runs over the end')
    const text = utf8.decode(new Uint8Array(view.buffer, view.byteOffset + at + 1, length))
    at += 1 + length
    return text
  })
  return [strings, at]
}

function readCell(cursor: Cursor): MapCell {
  const { view, at } = cursor
  const cell = stringAt(cursor, at)
  const role = pick(MAP_CELL_ROLES, view.getUint8(at + 2), 'cell role')
  const count = view.getUint8(at + 3)
  if (count > CORNERS_MAX) throw new MalformedError(`a cell of ${count} corners`)
  cursor.at += 4
  const corners = repeat(count, () => {
    const corner = readPoint(view, cursor.at)
    cursor.at += 8
    return corner
  })
  return { cell, role, corners }
}

function readObject(cursor: Cursor): MapObject {
  const { view, at } = cursor
  cursor.at += OBJECT_BYTES
  const code = view.getUint8(at + 6)
  const headingCdeg = nullable(view.getUint16(at + 28, true), NULL_U16)
  const batteryPct = nullable(view.getUint8(at + 30), NULL_U8)
  if (headingCdeg !== null && headingCdeg > 35_999) throw new MalformedError(`heading ${headingCdeg}`)
  if (batteryPct !== null && batteryPct > 100) throw new MalformedError(`battery ${batteryPct} %`)
  return {
    agent: stringAt(cursor, at),
    name: stringAt(cursor, at + 2),
    cell: stringAt(cursor, at + 4),
    kind: pick(MAP_KINDS, code & 15, 'kind'),
    belief: pick(MAP_BELIEFS, code >> 4, 'belief'),
    status: pick(POSITION_STATUSES, view.getUint8(at + 7), 'status'),
    ...readPoint(view, at + 8),
    altMm: view.getInt32(at + 16, true),
    heightDm: nullable(view.getInt16(at + 20, true), NULL_I16),
    vnCms: view.getInt16(at + 22, true),
    veCms: view.getInt16(at + 24, true),
    vdCms: view.getInt16(at + 26, true),
    headingCdeg,
    batteryPct,
    ageMs: view.getUint32(at + 32, true),
    uncertaintyHDm: view.getUint16(at + 36, true),
    uncertaintyVDm: view.getUint16(at + 38, true),
    boot: view.getUint32(at + 40, true),
    seq: view.getUint32(at + 44, true),
  }
}

function readLink(cursor: Cursor, objectCount: number): MapLink {
  const { view, at } = cursor
  cursor.at += LINK_BYTES
  const a = view.getUint16(at, true)
  const b = view.getUint16(at + 2, true)
  if (a >= objectCount || b >= objectCount) throw new MalformedError('a link to an object that is not there')
  const flags = view.getUint8(at + 4)
  const tenths = nullable(view.getUint16(at + 6, true), NULL_U16)
  return {
    a,
    b,
    path: (flags & 1) === 0 ? 'direct' : 'relayed',
    mesh: (flags & 2) !== 0,
    rttMs: tenths === null ? null : tenths / 10,
  }
}

function readPoint(view: DataView, at: number): { latE7: number; lonE7: number } {
  const latE7 = view.getInt32(at, true)
  const lonE7 = view.getInt32(at + 4, true)
  if (Math.abs(latE7) > 90e7 || Math.abs(lonE7) > 180e7) {
    throw new MalformedError(`a place off the globe: ${latE7 / 1e7}, ${lonE7 / 1e7}`)
  }
  return { latE7, lonE7 }
}

function stringAt({ view, strings }: Cursor, at: number): string {
  const text = strings[view.getUint16(at, true)]
  if (text === undefined) throw new MalformedError('a string that is not in the table')
  return text
}

function pick<T>(list: readonly T[], code: number, what: string): T {
  const found = list[code]
  if (found === undefined) throw new MalformedError(`${what} ${code} is unknown`)
  return found
}

/** `each` throws once the bytes run out, so a count that lies costs no memory. */
function repeat<T>(count: number, each: () => T): T[] {
  const out: T[] = []
  for (let i = 0; i < count; i++) out.push(each())
  return out
}

function finite(value: number, what: string): number {
  if (!Number.isFinite(value)) throw new MalformedError(`${what} is not a number`)
  return value
}

const nullable = (value: number, nothing: number): number | null => (value === nothing ? null : value)
