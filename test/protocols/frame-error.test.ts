import assert from 'node:assert/strict'
import { FrameError } from '../../protocols/frame-error.ts'

describe('frame error', () => {
  it('says what was wrong and at which byte, to people and to programs', () => {
    const error = new FrameError('truncated', 'a report has 119 bytes', 17)
    assert.ok(error instanceof Error)
    assert.equal(error.message, 'a report has 119 bytes (at byte 17)')
    assert.deepEqual([error.name, error.code, error.offset], ['FrameError', 'truncated', 17])
  })
})
