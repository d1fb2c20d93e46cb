import { type Camera, Vector3 } from 'three'
import type { Placed } from '../enu.ts'

/** A point of the plane that moves: metres, metres per second. */
export type Moving = Pick<Placed, 'x' | 'y' | 'z' | 'vx' | 'vy' | 'vz'>

/** From the plane to pixels of the map, for what is drawn in HTML and for picking. Allocates nothing per point. */
export class Screen {
  readonly #point = new Vector3()
  widthPx = 1
  heightPx = 1
  /** Seconds since the shown belief was true. */
  dt = 0
  heightScale = 1

  /** Puts the pixel into `out`; false when the point is behind the eye. */
  at(camera: Camera, p: Moving, out: { x: number; y: number }): boolean {
    const z = (p.z + p.vz * this.dt) * this.heightScale
    const point = this.#point.set(p.x + p.vx * this.dt, p.y + p.vy * this.dt, z).project(camera)
    out.x = ((point.x + 1) / 2) * this.widthPx
    out.y = ((1 - point.y) / 2) * this.heightPx
    return point.z < 1
  }

  /** The object nearest to a pixel, no further than `reachPx`. */
  nearest(camera: Camera, objects: Iterable<Placed>, x: number, y: number, reachPx: number): Placed | null {
    const out = { x: 0, y: 0 }
    let best: Placed | null = null
    let bestPx = reachPx
    for (const p of objects) {
      if (!this.at(camera, p, out)) continue
      const px = Math.hypot(out.x - x, out.y - y)
      if (px > bestPx) continue
      best = p
      bestPx = px
    }
    return best
  }
}
