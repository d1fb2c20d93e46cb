import { metresPerE7 } from '../../src/geo/wgs84.ts'
import type { Random } from '../../src/ports.ts'
import type { VehicleFix } from '../../src/position/position.ts'
import { ORIGIN, type SimVehicle } from './vehicle.ts'

const SCALE = metresPerE7(ORIGIN.latE7)

const LEG_M = 1_500
const SPEED_MIN_MPS = 6
const SPEED_SPAN_MPS = 10
const HOVER_MAX_S = 20
const ALT_MIN_M = 480
const ALT_SPAN_M = 80

/**
 * The cheap vehicle of large swarms: straight legs of up to 1.5 km to points drawn by lot inside the
 * area, hovering between them. Legs are short against the area, so density stays even. No inertia: dead reckoning
 * is exact on a leg and wrong at its ends, as with a route flown well.
 */
export class Wanderer implements SimVehicle {
  x: number
  y: number
  altM: number
  readonly #random: Random
  readonly #halfSideM: number
  #atUs = 0
  #legFromUs = 0
  #legToUs = 0
  #hoverToUs = 0
  #from = { x: 0, y: 0, altM: 0 }
  #to = { x: 0, y: 0, altM: 0 }

  constructor(random: Random, halfSideM: number) {
    this.#random = random
    this.#halfSideM = halfSideM
    this.x = (random.float() * 2 - 1) * halfSideM
    this.y = (random.float() * 2 - 1) * halfSideM
    this.altM = ALT_MIN_M + random.float() * ALT_SPAN_M
    this.#to = { x: this.x, y: this.y, altM: this.altM }
    this.#hoverToUs = random.int(HOVER_MAX_S * 1_000_000)
  }

  advance(atUs: number): void {
    while (atUs > this.#hoverToUs) this.#nextLeg()
    this.#atUs = atUs
    const done = this.#progress()
    this.x = this.#from.x + (this.#to.x - this.#from.x) * done
    this.y = this.#from.y + (this.#to.y - this.#from.y) * done
    this.altM = this.#from.altM + (this.#to.altM - this.#from.altM) * done
  }

  fix(): VehicleFix {
    const legS =
      this.#atUs < this.#legToUs ? (this.#legToUs - this.#legFromUs) / 1e6 : Number.POSITIVE_INFINITY
    const east = (this.#to.x - this.#from.x) / legS
    const north = (this.#to.y - this.#from.y) / legS
    const heading = Math.round((Math.atan2(east, north) * 18_000) / Math.PI)
    return {
      latE7: Math.round(ORIGIN.latE7 + this.y / SCALE.lat),
      lonE7: Math.round(ORIGIN.lonE7 + this.x / SCALE.lon),
      altMm: Math.round(this.altM * 1000),
      heightDm: Math.round((this.altM - ALT_MIN_M) * 10) + 400,
      vnCms: Math.round(north * 100),
      veCms: Math.round(east * 100),
      vdCms: Math.round(((this.#from.altM - this.#to.altM) / legS) * 100),
      headingCdeg: (heading + 36_000) % 36_000,
      accHDm: 15,
      accVDm: 25,
      status: 'Airborne',
      batteryPct: 80,
    }
  }

  #progress(): number {
    if (this.#atUs >= this.#legToUs) return 1
    return (this.#atUs - this.#legFromUs) / (this.#legToUs - this.#legFromUs)
  }

  #nextLeg(): void {
    const random = this.#random
    const speed = SPEED_MIN_MPS + random.float() * SPEED_SPAN_MPS
    this.#from = this.#to
    this.#to = {
      x: this.#inside(this.#from.x + (random.float() * 2 - 1) * LEG_M),
      y: this.#inside(this.#from.y + (random.float() * 2 - 1) * LEG_M),
      altM: ALT_MIN_M + random.float() * ALT_SPAN_M,
    }
    const lengthM = Math.hypot(this.#to.x - this.#from.x, this.#to.y - this.#from.y)
    this.#legFromUs = this.#hoverToUs
    this.#legToUs = this.#legFromUs + Math.ceil((lengthM / speed) * 1e6) + 1
    this.#hoverToUs = this.#legToUs + random.int(HOVER_MAX_S * 1_000_000)
  }

  /** Mirrors a coordinate that left the area back into it. */
  #inside(metres: number): number {
    const half = this.#halfSideM
    if (metres > half) return Math.max(-half, 2 * half - metres)
    if (metres < -half) return Math.min(half, -2 * half - metres)
    return metres
  }
}
