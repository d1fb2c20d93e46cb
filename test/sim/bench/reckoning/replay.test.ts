import assert from 'node:assert/strict'
import { deadReckoning, everyFix, fly, together } from '../../../../sim/bench/reckoning/replay.ts'
import { DEFAULT_AGENT_CONFIG } from '../../../../src/agent/config.ts'
import type { Track, TrackPoint } from '../../../../src/vehicle/track.ts'

/** 10 m/s north, and from the tenth second on east. */
const track: Track = {
  name: 'corner',
  points: [pointAt(0, 0, 0), pointAt(10, 100, 0), pointAt(20, 100, 100)],
}

function pointAt(tS: number, northM: number, eastM: number): TrackPoint {
  return {
    tMs: tS * 1000,
    latE7: 473_769_000 + Math.round(northM * 90),
    lonE7: 85_417_000 + Math.round(eastM * 133),
    altMm: 100_000,
    heightDm: null,
    velocityCms: null,
    headingCdeg: null,
    status: 'Airborne',
    batteryPct: null,
  }
}

describe('sim/bench/reckoning/replay', () => {
  const fixed = fly(track, everyFix)
  const ours = fly(track, deadReckoning(DEFAULT_AGENT_CONFIG.position))

  it('reports every fix at the fixed rate, each as many bytes as on the air', () => {
    assert.equal(fixed.reports, 200)
    // 119 bytes, and 24 more for the key every two seconds.
    assert.equal(fixed.bytes, 200 * 119 + 10 * 24)
  })

  it('reports at the floor while flying straight on, and once more for the corner', () => {
    assert.ok(ours.reports >= 20 && ours.reports <= 22, `${ours.reports} reports`)
  })

  it('counts the error before the report that mends it', () => {
    assert.ok(Math.max(...ours.errorsMm) > DEFAULT_AGENT_CONFIG.position.errorBoundMm)
    assert.ok(Math.max(...ours.errorsMm) < 3_000)
    assert.equal(ours.errorsMm.length, 199)
  })

  it('adds flights up', () => {
    const both = together([fixed, ours])
    assert.equal(both.seconds, 40)
    assert.equal(both.bytes, fixed.bytes + ours.bytes)
    assert.equal(both.errorsMm.length, 398)
  })
})
