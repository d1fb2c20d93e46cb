import assert from 'node:assert/strict'
import { digestBytes, Trace } from '../../../sim/kernel/trace.ts'

describe('trace', () => {
  it('tells runs apart that differ in one time, node, kind or digest, or in order', () => {
    const hashOf = (inputs: readonly (readonly [number, number, number, number])[]) => {
      const trace = new Trace()
      for (const [atUs, node, kind, digest] of inputs) trace.add(atUs, node, kind, digest)
      return trace.hash
    }
    const base = [
      [10, 1, 4, 99],
      [20, 2, 4, 98],
    ] as const
    const others = [
      [[11, 1, 4, 99], base[1]],
      [[10, 3, 4, 99], base[1]],
      [[10, 1, 5, 99], base[1]],
      [[10, 1, 4, 97], base[1]],
      [base[1], base[0]],
      [base[0]],
    ] as const
    assert.equal(hashOf(base), hashOf(base))
    assert.equal(new Set([hashOf(base), ...others.map(hashOf)]).size, others.length + 1)
  })

  it('digests change with every single bit of the bytes', () => {
    const bytes = Uint8Array.from({ length: 37 }, (_, i) => i * 7)
    const digests = new Set([digestBytes(bytes)])
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      digests.add(digestBytes(flipped))
    }
    assert.equal(digests.size, bytes.length * 8 + 1)
  })
})
