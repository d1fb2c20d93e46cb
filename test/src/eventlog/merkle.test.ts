import assert from 'node:assert/strict'
import { hash as nodeHash } from 'node:crypto'
import { merkleProof, merkleRoot, merkleVerify } from '../../../src/eventlog/merkle.ts'

const hash = (bytes: Uint8Array): Uint8Array => nodeHash('sha256', bytes, 'buffer')
const leaves = (count: number) => Array.from({ length: count }, (_, i) => hash(Uint8Array.of(0x8a, i)))

/** The definition of RFC 6962 section 2.1, word for word, over hashed leaves. */
function definition(d: Uint8Array[]): Uint8Array {
  const [only] = d
  if (d.length === 1 && only !== undefined) return only
  let k = 1
  while (k * 2 < d.length) k *= 2
  return hash(Uint8Array.from([1, ...definition(d.slice(0, k)), ...definition(d.slice(k))]))
}

describe('eventlog/merkle', () => {
  it('is the tree of RFC 6962, at any size', () => {
    for (let n = 1; n <= 40; n++)
      assert.deepEqual(merkleRoot(leaves(n), hash), definition(leaves(n)), `${n} leaves`)
    assert.throws(() => merkleRoot([], hash), RangeError)
  })

  it('proves each leaf at its place, and at no other', () => {
    for (let size = 1; size <= 20; size++) {
      const all = leaves(size)
      const root = merkleRoot(all, hash)
      all.forEach((leaf, index) => {
        const proof = merkleProof(all, index, hash)
        for (let at = 0; at < size; at++) {
          assert.equal(
            merkleVerify({ leaf, index: at, size, proof, root }, hash),
            at === index,
            `${index} at ${at} of ${size}`,
          )
        }
        assert.equal(merkleVerify({ leaf, index, size, proof: [...proof, leaf], root }, hash), false)
        if (proof.length > 0)
          assert.equal(merkleVerify({ leaf, index, size, proof: proof.slice(1), root }, hash), false)
      })
    }
    assert.throws(() => merkleProof(leaves(3), 3, hash), RangeError)
    assert.equal(
      merkleVerify(
        { leaf: hash(Uint8Array.of(1)), index: -1, size: 1, proof: [], root: hash(Uint8Array.of(1)) },
        hash,
      ),
      false,
    )
  })

  it('takes nothing but hashes of 32 bytes for a proof', () => {
    const all = leaves(4)
    const [leaf = hash(Uint8Array.of()), sibling = leaf] = all
    const proof = merkleProof(all, 0, hash)
    const claim = { leaf, index: 0, size: 4, proof, root: merkleRoot(all, hash) }
    assert.equal(merkleVerify(claim, hash), true)
    for (const wrong of [new Uint8Array(0), sibling.subarray(1), Uint8Array.from([...sibling, 0])]) {
      assert.equal(merkleVerify({ ...claim, proof: proof.with(0, wrong) }, hash), false)
      assert.equal(merkleVerify({ ...claim, leaf: wrong }, hash), false)
    }
    // A shorter one is not made whole by what an earlier proof left behind.
    merkleVerify(claim, hash)
    assert.equal(merkleVerify({ ...claim, proof: proof.with(0, sibling.subarray(0, 31)) }, hash), false)
  })

  it('keeps nodes apart from events: no event has the bytes of a node', () => {
    const [a, b] = leaves(2)
    assert.ok(a && b)
    const node = Uint8Array.from([1, ...a, ...b])
    assert.deepEqual(merkleRoot([a, b], hash), hash(node))
    // A forger would need an event whose canonical bytes are `node`: those begin with 0x8a, never with 0x01.
    assert.notEqual(node[0], 0x8a)
  })
})
