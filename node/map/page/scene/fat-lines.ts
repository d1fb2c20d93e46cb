import type { Color } from 'three'
import { LineMaterial } from 'three/addons/lines/LineMaterial.js'
import { LineSegments2 } from 'three/addons/lines/LineSegments2.js'
import { LineSegmentsGeometry } from 'three/addons/lines/LineSegmentsGeometry.js'

export interface FatLine {
  /** x, y, z of one corner after the other. */
  readonly points: readonly (readonly [number, number, number])[]
  readonly color: Color
}

/** Lines of a width in pixels, for what seldom changes; null when there is nothing to draw. */
export function fatLines(lines: readonly FatLine[], widthPx: number, opacity: number): LineSegments2 | null {
  const positions: number[] = []
  const colors: number[] = []
  for (const { points, color } of lines) {
    for (let i = 1; i < points.length; i++) {
      const from = points[i - 1]
      const to = points[i]
      if (from === undefined || to === undefined) continue
      positions.push(...from, ...to)
      colors.push(color.r, color.g, color.b, color.r, color.g, color.b)
    }
  }
  if (positions.length === 0) return null
  const geometry = new LineSegmentsGeometry().setPositions(positions).setColors(colors)
  const material = new LineMaterial({
    linewidth: widthPx,
    vertexColors: true,
    transparent: true,
    opacity,
    depthWrite: false,
  })
  const object = new LineSegments2(geometry, material)
  object.frustumCulled = false
  return object
}
