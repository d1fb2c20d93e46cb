import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  convinces,
  headsContradict,
  nextRun,
  reportsContradict,
  type SignedHead,
  type SignedReport,
} from '../../../src/policy/contradiction.ts'

const report = (seq: number, hlc: number, fill = 1, boot = 4): SignedReport => ({
  boot,
  seq,
  hlc,
  bytes: new Uint8Array(8).fill(fill),
})
const head = (boot: number, seq: number, fill = 1): SignedHead => ({
  agent: 'heron',
  boot,
  seq,
  hash: new Uint8Array(32).fill(fill),
  bytes: new Uint8Array([boot, seq, fill]),
})

describe('contradiction', () => {
  describe('of two reports', () => {
    const cases: readonly [string, SignedReport, SignedReport, boolean][] = [
      ['the same one twice', report(7, 70), report(7, 70), false],
      ['two with one number', report(7, 70, 1), report(7, 70, 2), true],
      ['two with one number and other stamps', report(7, 70, 1), report(7, 71, 2), true],
      ['one after the other', report(7, 70), report(8, 71), false],
      ['a later number with an earlier stamp', report(7, 70), report(8, 69), true],
      ['one number of two starts', report(7, 70, 1, 4), report(7, 80, 2, 5), false],
      ['stamps that go back at a new start', report(7, 70, 1, 4), report(1, 5, 2, 5), false],
      ['stamps that go back when the clock was put right', report(7, 70), report(nextRun(7), 5), false],
      ['two with one number in a later run', report(nextRun(7), 5, 1), report(nextRun(7), 5, 2), true],
    ]
    for (const [what, a, b, expected] of cases) {
      it(`${what}: ${expected ? 'can not both be' : 'may be'}`, () => {
        assert.equal(reportsContradict(a, b), expected)
        assert.equal(reportsContradict(b, a), expected, 'the other way round')
        assert.equal(convinces({ kind: 'positions', agent: 'heron', first: a, second: b }), expected)
      })
    }

    it('is never found in what one honest node says, whatever its clock does', () => {
      const anySteps = fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 30 })
      fc.assert(
        fc.property(anySteps, steps => {
          const said: SignedReport[] = []
          let [seq, hlc] = [0, 1_000]
          for (const step of steps) {
            hlc += step
            const last = said.at(-1)
            seq = last !== undefined && hlc <= last.hlc ? nextRun(seq) : seq + 1
            said.push(report(seq, hlc, seq % 251))
          }
          for (const a of said) for (const b of said) assert.ok(!reportsContradict(a, b), `${a.seq} ${b.seq}`)
        }),
      )
    })
  })

  it('lets a run end with room: the next number is the first of the next run', () => {
    assert.deepEqual([nextRun(0), nextRun(2 ** 20 - 1), nextRun(2 ** 20)], [2 ** 20, 2 ** 20, 2 ** 21])
  })

  describe('of two heads', () => {
    const cases: readonly [string, SignedHead, SignedHead, boolean][] = [
      ['the same one', head(2, 70), head(2, 70), false],
      ['a log that grew', head(2, 70), head(2, 71, 9), false],
      ['a log that grew over a start', head(2, 70), head(3, 71, 9), false],
      ['a start without an event since', head(2, 70), head(3, 70), false],
      ['a log that was rewritten', head(2, 70), head(2, 70, 9), true],
      ['a log that was rewritten before a start', head(2, 70), head(3, 70, 9), true],
      ['a log that was shortened before a start', head(2, 70), head(3, 69, 9), true],
    ]
    for (const [what, a, b, expected] of cases) {
      it(`${what}: ${expected ? 'can not both be' : 'may be'}`, () => {
        assert.equal(headsContradict(a, b), expected)
        assert.equal(headsContradict(b, a), expected, 'the other way round')
        assert.equal(convinces({ kind: 'heads', agent: 'heron', first: a, second: b }), expected)
      })
    }
  })
})
