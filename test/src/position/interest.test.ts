import assert from 'node:assert/strict'
import fc from 'fast-check'
import { cellAndRing, cellOf, cellsWithin } from '../../../src/geo/cells.ts'
import { extrapolate } from '../../../src/position/dead-reckoning.ts'
import { Interest } from '../../../src/position/interest.ts'
import type { VehicleFix } from '../../../src/position/position.ts'
import { anyPlace, fixWith, HOVER } from './samples.ts'

const RULE = { cellResolution: 8, joinAheadS: 10, leaveAfterS: 30 }
const STEP_S = 0.2

const cellOfFix = (fix: VehicleFix): string => cellOf(fix.latE7, fix.lonE7, RULE.cellResolution)

/** A straight flight at 5 to 25 m/s, with fixes every 0.2 s. */
const anyFlight = fc
  .record({
    place: anyPlace,
    speedMps: fc.integer({ min: 5, max: 25 }),
    turn: fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
    seconds: fc.integer({ min: 20, max: 120 }),
  })
  .map(({ place, speedMps, turn, seconds }) => {
    const start = fixWith({
      ...place,
      vnCms: Math.round(Math.cos(turn) * speedMps * 100),
      veCms: Math.round(Math.sin(turn) * speedMps * 100),
    })
    const fixes: VehicleFix[] = []
    for (let s = 0; s < seconds; s += STEP_S) fixes.push({ ...start, ...extrapolate(start, s * 1000) })
    return fixes
  })

function extrapolated(fix: VehicleFix, seconds: number): VehicleFix {
  return { ...fix, ...extrapolate(fix, seconds * 1000) }
}

/** Remembers what it was told to join and leave, as a shell does. */
class Shell {
  readonly interest: Interest
  readonly joinedAtS = new Map<string, number>()

  constructor(watched: readonly string[] = []) {
    this.interest = new Interest(RULE, watched)
  }

  update(fix: VehicleFix | null, atS: number): readonly string[] {
    const { join, leave } = this.interest.update(fix, Math.round(atS * 1e6))
    for (const cell of join) {
      assert.ok(!this.joinedAtS.has(cell), 'joined twice')
      this.joinedAtS.set(cell, atS)
    }
    for (const cell of leave) assert.ok(this.joinedAtS.delete(cell), 'left without being joined')
    assert.deepEqual(this.interest.joined(), [...this.joinedAtS.keys()].sort())
    return leave
  }
}

describe('interest', () => {
  it('is nothing before the first fix, but what is watched', () => {
    const shell = new Shell()
    shell.update(null, 0)
    assert.equal(shell.interest.own, null)
    assert.deepEqual(shell.interest.joined(), [])
    const watched = cellsWithin(HOVER.latE7, HOVER.lonE7, 1_000, 8)
    const station = new Shell(watched)
    station.update(null, 0)
    assert.deepEqual(station.interest.joined(), watched)
  })

  it('tells the cells that are joined only for where the vehicle will be', () => {
    const east = { ...HOVER, veCms: 2_500 }
    const flyer = new Shell()
    flyer.update(null, 0)
    assert.equal(flyer.interest.onlyAhead().size, 0)
    // Just before a border: in the next cell within joinAheadS.
    let fix: VehicleFix = east
    for (let s = 0; cellOfFix(extrapolated(fix, 5)) === cellOfFix(fix); s++) fix = extrapolated(east, s)
    const ring = cellAndRing(cellOfFix(fix))
    const ahead = cellAndRing(cellOfFix(extrapolated(fix, RULE.joinAheadS))).filter(c => !ring.includes(c))
    flyer.update(fix, 1)
    assert.deepEqual([...flyer.interest.onlyAhead()], ahead)
    assert.ok(ahead.length > 0)
    for (const cell of ahead) assert.ok(flyer.interest.has(cell))
    const station = new Shell(ahead)
    station.update(fix, 1)
    assert.equal(station.interest.onlyAhead().size, 0, 'what is watched is joined anyway')
  })

  it('is always at least the own cell and the ring around it', () => {
    fc.assert(
      fc.property(anyFlight, fixes => {
        const shell = new Shell()
        for (const [i, fix] of fixes.entries()) {
          shell.update(fix, i * STEP_S)
          assert.equal(shell.interest.own, cellOfFix(fix))
          for (const cell of cellAndRing(cellOfFix(fix))) assert.ok(shell.interest.has(cell))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('is joined before the border is crossed: all that is needed behind it, joinAheadS before', () => {
    fc.assert(
      fc.property(anyFlight, fixes => {
        const shell = new Shell()
        for (const [i, fix] of fixes.entries()) {
          const atS = i * STEP_S
          shell.update(fix, atS)
          // Cells that the flight only clips, for less than a fix, may be seen later than they were foreseen.
          const next = fixes[i + 1]
          if (atS < RULE.joinAheadS + 1 || next === undefined || cellOfFix(next) !== cellOfFix(fix)) continue
          for (const cell of cellAndRing(cellOfFix(fix))) {
            const aheadS = atS - (shell.joinedAtS.get(cell) ?? atS)
            assert.ok(aheadS >= RULE.joinAheadS - 2 * STEP_S, `joined ${aheadS} s ahead`)
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('leaves a cell only after it was unwanted for leaveAfterS, and then does', () => {
    fc.assert(
      fc.property(anyFlight, fixes => {
        const shell = new Shell()
        const wantedAtS = new Map<string, number>()
        const last = fixes.at(-1) ?? HOVER
        const parked = Array.from({ length: 45 / STEP_S }, () => ({ ...last, vnCms: 0, veCms: 0 }))
        for (const [i, fix] of [...fixes, ...parked].entries()) {
          const atS = i * STEP_S
          const leave = shell.update(fix, atS)
          const then = extrapolate(fix, RULE.joinAheadS * 1000)
          const ahead = cellOf(then.latE7, then.lonE7, RULE.cellResolution)
          for (const cell of [...cellAndRing(cellOfFix(fix)), ...cellAndRing(ahead)]) wantedAtS.set(cell, atS)
          for (const cell of leave) {
            const unwantedS = atS - (wantedAtS.get(cell) ?? atS)
            assert.ok(unwantedS >= RULE.leaveAfterS - 1e-6, `left after ${unwantedS} s`)
          }
        }
        assert.deepEqual(shell.interest.joined(), cellAndRing(cellOfFix(last)))
      }),
      { numRuns: 40 },
    )
  })

  it('never leaves what is watched', () => {
    const watched = cellsWithin(HOVER.latE7, HOVER.lonE7, 500, 8)
    const shell = new Shell(watched)
    const away = fixWith({ latE7: HOVER.latE7 + 5_000_000 })
    for (let s = 0; s < 200; s++) {
      shell.update(s < 20 ? HOVER : away, s)
      for (const cell of watched) assert.ok(shell.interest.has(cell))
    }
    assert.deepEqual(
      shell.interest.joined(),
      [...new Set([...watched, ...cellAndRing(cellOfFix(away))])].sort(),
    )
  })

  it('does not come and go on a vehicle that hovers over a border', () => {
    const shell = new Shell()
    let changes = 0
    // 40 m to and fro, ten times a minute, across the line between two cells somewhere north of here.
    const border = Array.from({ length: 3_000 }, (_, i) => fixWith({ latE7: HOVER.latE7 + i * 1_000 })).find(
      (fix, _i, [first]) => first !== undefined && cellOfFix(fix) !== cellOfFix(first),
    )
    assert.ok(border !== undefined)
    for (let s = 0; s < 300; s++) {
      const before = shell.joinedAtS.size
      shell.update({ ...border, latE7: border.latE7 + (s % 6 < 3 ? 2_000 : -2_000) }, s)
      if (s > 10 && shell.joinedAtS.size !== before) changes++
    }
    assert.equal(changes, 0)
  })

  it('still wants what it wanted after a pause of 60 s', () => {
    const shell = new Shell()
    shell.update(HOVER, 0)
    assert.deepEqual(shell.update(HOVER, 60), [])
    assert.deepEqual(shell.update(null, 61), [])
  })
})
