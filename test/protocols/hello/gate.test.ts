import assert from 'node:assert/strict'
import type { Connection, Stream, StreamMiddleware } from '@libp2p/interface'
import { HELLO_PROTOCOL } from '../../../protocols/hello/codec.ts'
import { admissionGate } from '../../../protocols/hello/gate.ts'

describe('admission gate', () => {
  it('holds every stream but the hello’s until the peer was let in', async () => {
    const admission = Promise.withResolvers<void>()
    const registrar = { getMiddleware: (_: string): StreamMiddleware[] => [] }
    admissionGate(() => admission.promise)({ registrar })
    assert.deepEqual(registrar.getMiddleware(HELLO_PROTOCOL), [])
    const [hold] = registrar.getMiddleware('/skein/sync/1')
    assert.ok(hold)
    let passed = 0
    const passing = hold({} as Stream, {} as Connection, () => void passed++)
    await new Promise(setImmediate)
    assert.equal(passed, 0)
    admission.resolve()
    await passing
    assert.equal(passed, 1)
  })

  it('regression: lets no node start on a libp2p that would pass it by', () => {
    const gate = admissionGate(async () => {})
    const registrar = { useMiddleware() {} } as unknown as Parameters<typeof gate>[0]['registrar']
    assert.throws(() => gate({ registrar }), { code: 'NO_GATE' })
  })
})
