import assert from 'node:assert/strict'
import { sharedFrame } from '../../../node/views/shared-frame.ts'

/** Asks for frames at these moments, ms, and says which of the frames made each of them was. */
function askedAt(moments: readonly number[]): readonly number[] {
  let nowMs = 0
  let made = 0
  const frame = sharedFrame(
    () => Uint8Array.of(++made),
    () => nowMs * 1_000,
  )
  return moments.map(ms => {
    nowMs = ms
    return frame()[0] ?? 0
  })
}

describe('shared frame', () => {
  it('is made once for all who ask within a tenth of a second', () => {
    assert.deepEqual(askedAt([0, 1, 30, 60, 89]), [1, 1, 1, 1, 1])
  })

  it('is new each time for a reader of ten frames a second, though its timer is not exact', () => {
    assert.deepEqual(askedAt([0, 100, 198, 300, 395, 501]), [1, 2, 3, 4, 5, 6])
  })

  it('is made at most eleven times a second by a hundred readers', () => {
    const moments = Array.from({ length: 1_000 }, (_, ms) => ms)
    assert.ok(new Set(askedAt(moments)).size <= 12)
  })

  it('is tried again at once when it could not be made', () => {
    let fails = true
    const frame = sharedFrame(
      () => {
        if (fails) throw new Error('no frame')
        return Uint8Array.of(1)
      },
      () => 0,
    )
    assert.throws(frame, { message: 'no frame' })
    fails = false
    assert.deepEqual(frame(), Uint8Array.of(1))
  })
})
