import {
  cellToBoundary,
  getHexagonEdgeLengthAvg,
  getResolution,
  gridDisk,
  isValidCell,
  latLngToCell,
  UNITS,
} from 'h3-js'
import type { CellId } from '../ports.ts'

/** The H3 cell that holds a point. `resolution` 0 (continent) to 15 (half a metre); 8 has edges of about 530 m. */
export function cellOf(latE7: number, lonE7: number, resolution: number): CellId {
  return latLngToCell(latE7 / 1e7, lonE7 / 1e7, resolution)
}

/** The cell and the ring of six (five at a pentagon) around it, sorted. */
export function cellAndRing(cell: CellId): readonly CellId[] {
  return gridDisk(cell, 1).sort()
}

/** Whether a text is a cell, in its one spelling: H3 itself takes capitals and leading zeros too. */
export function isCell(text: string): boolean {
  return /^8[0-9a-f]{14}$/.test(text) && isValidCell(text)
}

/** Whether a point is in one of these cells, of whatever resolutions. */
export function isInCells(latE7: number, lonE7: number, cells: readonly CellId[]): boolean {
  return cells.some(cell => cellOf(latE7, lonE7, getResolution(cell)) === cell)
}

/** All cells that may touch a circle, sorted. For stations that listen to an area. */
export function cellsWithin(
  latE7: number,
  lonE7: number,
  radiusM: number,
  resolution: number,
): readonly CellId[] {
  const edgeM = getHexagonEdgeLengthAvg(resolution, UNITS.m)
  const rings = Math.ceil(radiusM / (edgeM * Math.sqrt(3))) + 1
  return gridDisk(cellOf(latE7, lonE7, resolution), rings).sort()
}

/** Corners of a cell, degrees x 1e7, in order around it. */
export function cellCorners(cell: CellId): readonly { latE7: number; lonE7: number }[] {
  return cellToBoundary(cell).map(([lat, lon]) => ({
    latE7: Math.round(lat * 1e7),
    lonE7: Math.round(lon * 1e7),
  }))
}
