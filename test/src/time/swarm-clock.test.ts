import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Now } from '../../../src/ports.ts'
import { type ClockEvent, SwarmClock } from '../../../src/time/swarm-clock.ts'

const T = 1_780_272_000_000
const HOUR_MS = 3_600_000
const BOUND_MS = 1_000
const NEIGHBOURS = ['a', 'b', 'c', 'd', 'e']

/** One node's clock in a world where true time is T + seconds since the start. */
class Scene {
  readonly clock = new SwarmClock(BOUND_MS)
  readonly events: ClockEvent[] = []
  /** How far the node's wall clock is off the truth. */
  wallOffMs = 0
  /** Those heard ten times a second, and how far their clocks are off. */
  voices: Record<string, number> = {}
  atS = 0

  now(atS = this.atS): Now {
    return { monoUs: 5_000_000 + atS * 1e6, wallMs: T + atS * 1000 + this.wallOffMs }
  }

  get errorMs(): number {
    return this.clock.read(this.now()) - (T + this.atS * 1000)
  }

  /** Lets `seconds` pass, each with what is heard and one review. */
  run(seconds: number): this {
    for (let i = 0; i < seconds; i++) {
      this.atS++
      for (const [author, offMs] of Object.entries(this.voices)) {
        this.clock.hear(author, T + this.atS * 1000 + offMs, this.now())
      }
      this.events.push(...this.clock.review(this.now()))
    }
    return this
  }

  /** Only now heard, for others to be `offMs` off. */
  hearing(count: number, offMs = 0): this {
    this.voices = Object.fromEntries(NEIGHBOURS.slice(0, count).map(name => [name, offMs]))
    return this
  }

  steps(): readonly (readonly [byMs: number, adopted: boolean])[] {
    return this.events.flatMap(event => (event.t === 'stepped' ? [[event.byMs, event.adopted] as const] : []))
  }
}

describe('swarm clock', () => {
  it('starts at the wall clock and runs on by the monotonic one', () => {
    const scene = new Scene()
    assert.equal(scene.errorMs, 0)
    const stepped = { monoUs: scene.now().monoUs + 2_500_000, wallMs: T - HOUR_MS }
    assert.equal(scene.clock.read(stepped), T + 2_500)
  })

  it('follows small slews in silence', () => {
    const slews = fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(slews, offsets => {
        const scene = new Scene().run(1)
        for (const offMs of offsets) {
          scene.wallOffMs = offMs
          scene.run(1)
          assert.equal(scene.errorMs, offMs)
        }
        assert.deepEqual(scene.events, [])
        assert.equal(scene.clock.steps, 0)
      }),
    )
  })

  for (const byMs of [HOUR_MS, -HOUR_MS]) {
    const way = byMs > 0 ? 'forward' : 'back'

    it(`does not follow a step of an hour ${way} that the neighbours contradict`, () => {
      const scene = new Scene().hearing(3).run(3)
      scene.wallOffMs = byMs
      scene.run(60)
      assert.ok(Math.abs(scene.errorMs) <= 1)
      assert.ok(scene.clock.trusted)
      assert.deepEqual(scene.steps(), [[byMs, false]])
    })

    it(`follows at once a step of an hour ${way} that the neighbours confirm`, () => {
      const scene = new Scene()
      scene.wallOffMs = -byMs
      scene.hearing(3).run(3)
      assert.equal(scene.clock.trusted, false)
      scene.wallOffMs = 0
      scene.run(2)
      assert.equal(scene.errorMs, 0)
      assert.ok(scene.clock.trusted)
      assert.deepEqual(scene.steps(), [[byMs, true]])
    })

    it(`believes a step of an hour ${way} that stays, with nobody to ask`, () => {
      const scene = new Scene().run(3)
      scene.wallOffMs = byMs
      scene.run(4)
      assert.equal(scene.errorMs, 0, 'not yet')
      scene.run(3)
      assert.equal(scene.errorMs, byMs)
      assert.equal(scene.clock.steps, 1)
    })

    it(`does not believe a step of an hour ${way} that goes away again`, () => {
      const scene = new Scene().run(3)
      scene.wallOffMs = byMs
      scene.run(3)
      scene.wallOffMs = 0
      scene.run(10)
      assert.equal(scene.errorMs, 0)
    })
  }

  it('believes no step of a clock that jumps about', () => {
    const scene = new Scene().run(3)
    for (let i = 0; i < 20; i++) {
      scene.wallOffMs = HOUR_MS * (i + 1)
      scene.run(1)
      assert.equal(scene.errorMs, 0)
    }
  })

  it('boots in 1970, takes its time from the swarm and says so, then believes the satellites', () => {
    const scene = new Scene()
    scene.wallOffMs = -T
    scene.run(2)
    assert.equal(scene.errorMs, -T)
    scene.hearing(3).run(2)
    assert.equal(scene.errorMs, 0)
    assert.equal(scene.clock.trusted, false)
    assert.deepEqual(scene.events, [{ t: 'trust', trusted: false, offsetMs: T }])
    scene.wallOffMs = 20
    scene.run(2)
    assert.equal(scene.errorMs, 20)
    assert.ok(scene.clock.trusted)
  })

  it('boots in 1970 alone, then believes the satellites', () => {
    const scene = new Scene()
    scene.wallOffMs = -T
    scene.run(30)
    scene.wallOffMs = 0
    scene.run(10)
    assert.equal(scene.errorMs, 0)
  })

  it('takes the time of three who agree that it is wrong', () => {
    const scene = new Scene()
    scene.wallOffMs = -HOUR_MS
    scene.hearing(3).run(2)
    assert.equal(scene.errorMs, 0)
    assert.equal(scene.clock.offsetMs, HOUR_MS)
    assert.equal(scene.clock.trusted, false)
  })

  it('is not moved by two', () => {
    const scene = new Scene().hearing(2, HOUR_MS).run(30)
    assert.equal(scene.errorMs, 0)
    assert.equal(scene.clock.offsetMs, null)
    assert.ok(scene.clock.trusted)
  })

  it('is not moved by a minority of liars, whatever they say', () => {
    const lies = fc.array(fc.integer({ min: -T, max: T }), { minLength: 2, maxLength: 2 })
    fc.assert(
      fc.property(lies, offsets => {
        const scene = new Scene().hearing(5)
        scene.voices = { ...scene.voices, a: offsets[0] ?? 0, e: offsets[1] ?? 0 }
        scene.run(20)
        assert.equal(scene.errorMs, 0)
        assert.ok(scene.clock.trusted)
      }),
      { numRuns: 30 },
    )
  })

  it('is not moved by half of its neighbours against the other half and itself', () => {
    for (const offMs of [HOUR_MS, -HOUR_MS]) {
      const scene = new Scene()
      scene.voices = { a: 0, b: 0, c: offMs, d: offMs }
      scene.run(10)
      assert.equal(scene.errorMs, 0, `moved by ${offMs}`)
    }
  })

  it('stays with the time of the swarm, and untrusted, when the neighbours fall silent', () => {
    const scene = new Scene()
    scene.wallOffMs = HOUR_MS
    scene.hearing(3).run(5).hearing(0).run(60)
    assert.equal(scene.clock.trusted, false)
    assert.equal(scene.errorMs, 0)
    scene.hearing(3).run(5)
    assert.equal(scene.errorMs, 0)
  })

  it('is the same after a pause of 25 s', () => {
    const scene = new Scene()
    scene.wallOffMs = HOUR_MS
    scene.hearing(3).run(5)
    scene.atS += 25
    scene.clock.review(scene.now())
    assert.equal(scene.errorMs, 0)
  })

  it('judges what it heard before a step by the time it keeps after it', () => {
    const scene = new Scene()
    scene.wallOffMs = -HOUR_MS
    scene.hearing(3).run(3).hearing(0)
    scene.wallOffMs = 0
    scene.run(5)
    assert.equal(scene.errorMs, 0)
    assert.ok(scene.clock.trusted)
    assert.ok(Math.abs(scene.clock.offsetMs ?? HOUR_MS) <= BOUND_MS)
  })

  it('counts voices only while they are fresh', () => {
    const scene = new Scene().hearing(3, 500).run(5)
    assert.equal(scene.clock.offsetMs, 500)
    scene.hearing(0).run(20)
    assert.equal(scene.clock.offsetMs, null)
  })

  it('is not moved by late copies of what its neighbours said before', () => {
    const scene = new Scene().hearing(3).run(5)
    for (const author of NEIGHBOURS.slice(0, 3)) {
      scene.clock.hear(author, T - HOUR_MS, scene.now())
    }
    scene.clock.review(scene.now())
    assert.ok(Math.abs(scene.errorMs) <= BOUND_MS)
    assert.ok(scene.clock.trusted)
  })

  it('is not moved by old reports of neighbours that are gone, replayed to one who is alone', () => {
    const scene = new Scene().hearing(3).run(5).hearing(0).run(60)
    for (const author of NEIGHBOURS.slice(0, 3)) {
      for (const ms of [0, 1_000, 2_000]) scene.clock.hear(author, T + ms, scene.now())
    }
    scene.clock.review(scene.now())
    assert.equal(scene.clock.offsetMs, null)
    assert.ok(scene.clock.trusted)
  })

  it('hears no author that it heard but once', () => {
    const scene = new Scene().hearing(0).run(5)
    for (const author of NEIGHBOURS.slice(0, 3)) scene.clock.hear(author, T + HOUR_MS, scene.now())
    scene.clock.review(scene.now())
    assert.equal(scene.clock.offsetMs, null)
  })

  it('keeps at most 256 voices, the latest heard', () => {
    const { clock, ...scene } = new Scene()
    const now = (atMs: number): Now => ({ monoUs: atMs * 1000, wallMs: T + atMs })
    // 300 that are an hour ahead, then 256 that are right: were the first still there, they would win.
    const hearTwice = (author: string, atMs: number, aheadMs: number) => {
      for (const ms of [atMs, atMs + 1]) clock.hear(author, T + ms + aheadMs, now(ms))
    }
    for (let i = 0; i < 300; i++) hearTwice(`ahead-${i}`, 2 * i, HOUR_MS)
    for (let i = 0; i < 256; i++) hearTwice(`right-${i}`, 600 + 2 * i, 0)
    clock.review(now(1_200))
    assert.equal(clock.offsetMs, 0)
    assert.ok(clock.trusted)
    assert.deepEqual(scene.events, [])
  })
})
