import { type BufferGeometry, Group, Mesh, MeshBasicMaterial, Shape, ShapeGeometry } from 'three'
import type { LineSegments2 } from 'three/addons/lines/LineSegments2.js'
import type { MapCell } from '../../../../protocols/map/frame.ts'
import type { Projection } from '../enu.ts'
import { type FatLine, fatLines } from './fat-lines.ts'
import { PALETTE } from './palette.ts'

/** More cells than this are drawn fainter: they are not what one looks for. */
const CROWD = 24

/** The H3 cells the node listens to, on the ground: its own filled, those joined ahead of a border brighter. */
export class Cells {
  readonly group = new Group()
  #shown = ''

  update(cells: readonly MapCell[], on: Projection): void {
    const key = cells.map(c => c.cell + c.role).join()
    if (key === this.#shown) return
    this.#shown = key
    for (const object of this.group.children as (Mesh<BufferGeometry> | LineSegments2)[]) {
      object.geometry.dispose()
    }
    this.group.clear()
    const outline = (cell: MapCell, height: number): FatLine['points'] => {
      const points = cell.corners.map(c => [on.x(c.lonE7), on.y(c.latE7), height] as const)
      return [...points, ...points.slice(0, 1)]
    }
    const others = cells.filter(c => c.role !== 'own')
    const own = cells.filter(c => c.role === 'own')
    const joined = others.map(c => ({
      points: outline(c, 0),
      color: c.role === 'ahead' ? PALETTE.fair : PALETTE.cell,
    }))
    const ownLines = own.map(c => ({ points: outline(c, 0.2), color: PALETTE.cellOwn }))
    const quiet = joined.length > CROWD ? 0.38 : 0.75
    for (const lines of [fatLines(joined, 1.25, quiet), fatLines(ownLines, 2, 0.9)]) {
      if (lines !== null) this.group.add(lines)
    }
    for (const cell of own) this.group.add(floor(cell, on))
    for (const object of this.group.children) object.renderOrder = 1
  }
}

function floor(cell: MapCell, on: Projection): Mesh {
  const shape = new Shape()
  cell.corners.forEach((corner, i) => {
    if (i === 0) shape.moveTo(on.x(corner.lonE7), on.y(corner.latE7))
    else shape.lineTo(on.x(corner.lonE7), on.y(corner.latE7))
  })
  const material = new MeshBasicMaterial({
    color: PALETTE.cellOwn,
    transparent: true,
    opacity: 0.045,
    depthWrite: false,
  })
  return new Mesh(new ShapeGeometry(shape), material)
}
