import type { Height } from './altitude.ts'

/** Degrees x 1e7, WGS84. */
export interface Point {
  readonly latE7: number
  readonly lonE7: number
}

/** A point in the air, with the conversions between altitude references that are known there. */
export interface AirPoint extends Point, Height {}

/** ED-269's words for what a geo-zone asks. */
type ZoneRestriction = 'PROHIBITED' | 'REQ_AUTHORISATION' | 'CONDITIONAL' | 'NO_RESTRICTION'

/** A geo-zone that is in force now, where the vehicle is or on its way. */
export interface ZoneInForce {
  readonly id: string
  readonly restriction: ZoneRestriction
  /** This flight holds the authorisation, or meets the condition. */
  readonly authorised: boolean
  /** The vehicle is inside. */
  readonly here: boolean
  /** The target is inside, or the straight way there leads through from outside. */
  readonly ahead: boolean
}

interface Energy {
  /** What is left, percent of the capacity. */
  readonly batteryPct: number | null
  /** What it takes to come home from here, percent of the capacity. */
  readonly returnPct: number | null
  /** What it takes to fly to the command's target and come home from there; null also without a target. */
  readonly targetPct: number | null
}

/**
 * All that the rules look at, as the vehicle knows it at one moment. Null = not known, and what a rule needs and
 * nobody knows is refused: a caller that does not know says so and never fills in a harmless value.
 */
export interface Situation {
  readonly status: 'ground' | 'airborne' | 'unknown'
  /** The vehicle's own fix. */
  readonly own: AirPoint | null
  readonly home: Point | null
  readonly energy: Energy
  readonly zones: readonly ZoneInForce[] | null
  /** Collision avoidance is steering. */
  readonly avoiding: boolean | null
  readonly peopleBelow: boolean | null
  /** Time since the last frame of any member; 0 for a vehicle that is meant to be alone. */
  readonly linkSilentMs: number | null
  readonly clock: {
    /** Ms since 1970. */
    readonly wallMs: number
    /** How far off it may be; null = it is not trusted. */
    readonly errorMs: number | null
  }
}
