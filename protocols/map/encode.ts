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
  CELL_BYTES,
  CELLS_MAX,
  CORNER_BYTES,
  CORNERS_MAX,
  HEADER_BYTES,
  LINK_BYTES,
  LINKS_MAX,
  MAGIC,
  NULL_I16,
  NULL_I32,
  NULL_U8,
  NULL_U16,
  NULL_U32,
  OBJECT_BYTES,
  OBJECTS_MAX,
  PREFIX_BYTES,
  STRING_BYTES_MAX,
  VERSION,
} from './layout.ts'

const utf8 = new TextEncoder()

/**
 * One frame with its length prefix, so that encoded frames one after the other are a stream.
 * Numbers that do not fit their field are clamped, strings cut at 80 bytes, lists at the bounds of
 * `layout.ts`: a picture is never worth stopping a node for.
 */
export function encodeMapFrame(frame: MapFrame): Uint8Array {
  const objects = frame.objects.slice(0, OBJECTS_MAX)
  const links = frame.links.filter(l => l.a < objects.length && l.b < objects.length).slice(0, LINKS_MAX)
  const cells = frame.cells.slice(0, CELLS_MAX)
  const strings = new StringTable()
  for (const text of [frame.self.agent, frame.self.name]) strings.add(text)
  for (const cell of cells) strings.add(cell.cell)
  for (const object of objects) for (const text of [object.agent, object.name, object.cell]) strings.add(text)

  const cellBytes = cells.reduce((n, c) => n + CELL_BYTES + CORNER_BYTES * cornersOf(c).length, 0)
  const bodyBytes =
    HEADER_BYTES + strings.bytes + cellBytes + objects.length * OBJECT_BYTES + links.length * LINK_BYTES
  const bytes = new Uint8Array(PREFIX_BYTES + bodyBytes)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bodyBytes, true)
  putHeader(view, frame, strings, { cells: cells.length, objects: objects.length, links: links.length })

  let at = strings.put(bytes, PREFIX_BYTES + HEADER_BYTES)
  for (const cell of cells) at = putCell(view, at, cell, strings)
  for (const object of objects) at = putObject(view, at, object, strings)
  for (const link of links) at = putLink(view, at, link)
  return bytes
}

/** Each string once, named by the order in which it came. */
class StringTable {
  readonly #places = new Map<string, number>()
  readonly #encoded: Uint8Array[] = []
  /** Of the whole table on the wire. */
  bytes = 0

  add(text: string): void {
    if (this.#places.has(text)) return
    const encoded = cutUtf8(utf8.encode(text))
    this.#places.set(text, this.#encoded.length)
    this.#encoded.push(encoded)
    this.bytes += 1 + encoded.length
  }

  get size(): number {
    return this.#encoded.length
  }

  place(text: string): number {
    return this.#places.get(text) ?? 0
  }

  put(out: Uint8Array, start: number): number {
    let at = start
    for (const text of this.#encoded) {
      out[at] = text.length
      out.set(text, at + 1)
      at += 1 + text.length
    }
    return at
  }
}

/** At most STRING_BYTES_MAX bytes, never through the middle of a character. */
function cutUtf8(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= STRING_BYTES_MAX) return bytes
  let end = STRING_BYTES_MAX
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}

function putHeader(
  view: DataView,
  frame: MapFrame,
  strings: StringTable,
  counts: { readonly cells: number; readonly objects: number; readonly links: number },
): void {
  const { self, origin, health } = frame
  const at = PREFIX_BYTES
  view.setUint16(at, MAGIC, true)
  view.setUint8(at + 2, VERSION)
  view.setUint8(at + 3, MAP_KINDS.indexOf(self.role))
  view.setFloat64(at + 4, frame.atMs, true)
  view.setInt32(at + 12, i32(origin.latE7), true)
  view.setInt32(at + 16, i32(origin.lonE7), true)
  view.setInt32(at + 20, i32(origin.altMm), true)
  view.setUint32(at + 24, orNull(health.worldModelAgeMs, u32, NULL_U32), true)
  view.setUint16(at + 28, u16(health.peersConnected), true)
  view.setUint16(at + 30, u16(health.peersKnown), true)
  view.setFloat64(at + 32, health.logSeq, true)
  view.setUint8(at + 40, (health.clockTrusted ? 1 : 0) | (health.logWhole ? 2 : 0))
  view.setInt32(at + 42, orNull(health.clockOffsetMs, i32, NULL_I32), true)
  view.setUint32(at + 46, u32(health.clockBoundMs), true)
  view.setUint16(at + 50, strings.size, true)
  view.setUint16(at + 52, counts.cells, true)
  view.setUint16(at + 54, counts.objects, true)
  view.setUint16(at + 56, counts.links, true)
  view.setUint16(at + 58, strings.place(self.agent), true)
  view.setUint16(at + 60, strings.place(self.name), true)
}

const cornersOf = (cell: MapCell) => cell.corners.slice(0, CORNERS_MAX)

function putCell(view: DataView, start: number, cell: MapCell, strings: StringTable): number {
  const corners = cornersOf(cell)
  view.setUint16(start, strings.place(cell.cell), true)
  view.setUint8(start + 2, MAP_CELL_ROLES.indexOf(cell.role))
  view.setUint8(start + 3, corners.length)
  let at = start + CELL_BYTES
  for (const corner of corners) {
    view.setInt32(at, i32(corner.latE7), true)
    view.setInt32(at + 4, i32(corner.lonE7), true)
    at += CORNER_BYTES
  }
  return at
}

function putObject(view: DataView, at: number, object: MapObject, strings: StringTable): number {
  view.setUint16(at, strings.place(object.agent), true)
  view.setUint16(at + 2, strings.place(object.name), true)
  view.setUint16(at + 4, strings.place(object.cell), true)
  view.setUint8(at + 6, MAP_KINDS.indexOf(object.kind) + 16 * MAP_BELIEFS.indexOf(object.belief))
  view.setUint8(at + 7, POSITION_STATUSES.indexOf(object.status))
  view.setInt32(at + 8, i32(object.latE7), true)
  view.setInt32(at + 12, i32(object.lonE7), true)
  view.setInt32(at + 16, i32(object.altMm), true)
  view.setInt16(at + 20, orNull(object.heightDm, i16, NULL_I16), true)
  view.setInt16(at + 22, i16(object.vnCms), true)
  view.setInt16(at + 24, i16(object.veCms), true)
  view.setInt16(at + 26, i16(object.vdCms), true)
  view.setUint16(
    at + 28,
    orNull(object.headingCdeg, v => clamp(v, 0, 35_999), NULL_U16),
    true,
  )
  view.setUint8(
    at + 30,
    orNull(object.batteryPct, v => clamp(v, 0, 100), NULL_U8),
  )
  view.setUint32(at + 32, u32(object.ageMs), true)
  view.setUint16(at + 36, u16(object.uncertaintyHDm), true)
  view.setUint16(at + 38, u16(object.uncertaintyVDm), true)
  view.setUint32(at + 40, u32(object.boot), true)
  view.setUint32(at + 44, u32(object.seq), true)
  return at + OBJECT_BYTES
}

function putLink(view: DataView, at: number, link: MapLink): number {
  view.setUint16(at, link.a, true)
  view.setUint16(at + 2, link.b, true)
  view.setUint8(at + 4, (link.path === 'relayed' ? 1 : 0) | (link.mesh ? 2 : 0))
  view.setUint16(
    at + 6,
    orNull(link.rttMs, ms => clamp(ms * 10, 0, NULL_U16 - 1), NULL_U16),
    true,
  )
  return at + LINK_BYTES
}

const clamp = (value: number, min: number, max: number): number =>
  Math.min(max, Math.max(min, Math.round(value)))
const u16 = (value: number): number => clamp(value, 0, 0xffff)
const u32 = (value: number): number => clamp(value, 0, 0xffffffff - 1)
const i16 = (value: number): number => clamp(value, -32767, 32767)
const i32 = (value: number): number => clamp(value, -(2 ** 31) + 1, 2 ** 31 - 1)
const orNull = (value: number | null, squeeze: (value: number) => number, nothing: number): number =>
  value === null ? nothing : squeeze(value)
