import { equalBytes } from '../bytes.ts'

/**
 * Merkle tree of RFC 6962 section 2.1: a node is `H(0x01 || left || right)` and the left subtree holds the
 * largest power of two that is smaller than the number of leaves. The leaves given here are hashes already. RFC 6962 puts
 * 0x00 before a leaf's data so that no leaf can pass for a node; canonical events all begin with the CBOR array
 * head 0x8a, which does the same at one hash less for each event. Hash other leaf data only if it cannot begin with 0x01.
 */
const NODE_PREFIX = 0x01
const HASH_BYTES = 32

type Hash = (bytes: Uint8Array) => Uint8Array

/** Kept for all nodes: a buffer of its own for each took 0.5 us, as long as its hash. */
const nodeBytes = new Uint8Array(1 + 2 * HASH_BYTES)
nodeBytes[0] = NODE_PREFIX

function node(left: Uint8Array, right: Uint8Array, hash: Hash): Uint8Array {
  nodeBytes.set(left, 1)
  nodeBytes.set(right, 1 + HASH_BYTES)
  return hash(nodeBytes)
}

/** The root over one or more leaf hashes of 32 bytes. */
export function merkleRoot(leaves: readonly Uint8Array[], hash: Hash): Uint8Array {
  let level = leaves
  while (level.length > 1) level = parents(level, hash)
  const root = level[0]
  if (root === undefined) throw new RangeError('a Merkle tree needs at least one leaf')
  return root
}

// Pairing neighbours and carrying an odd last one up unchanged gives the same tree as the RFC's recursion.
function parents(level: readonly Uint8Array[], hash: Hash): Uint8Array[] {
  const above: Uint8Array[] = []
  for (let i = 0; i < level.length; i += 2) {
    const left = level[i]
    const right = level[i + 1]
    if (left !== undefined) above.push(right === undefined ? left : node(left, right, hash))
  }
  return above
}

/** What proves that leaf `index` is in the tree: the sibling hashes from the leaf up. */
export function merkleProof(leaves: readonly Uint8Array[], index: number, hash: Hash): Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
    throw new RangeError(`leaf ${index} of ${leaves.length}`)
  }
  const proof: Uint8Array[] = []
  let level = leaves
  for (let at = index; level.length > 1; at >>= 1) {
    const sibling = level[at ^ 1]
    if (sibling !== undefined) proof.push(sibling)
    level = parents(level, hash)
  }
  return proof
}

export interface InclusionClaim {
  readonly leaf: Uint8Array
  readonly index: number
  /** Number of leaves of the tree. */
  readonly size: number
  readonly proof: readonly Uint8Array[]
  readonly root: Uint8Array
}

/** Checks an inclusion proof as in RFC 9162 section 2.1.3.2. */
export function merkleVerify(claim: InclusionClaim, hash: Hash): boolean {
  let at = claim.index
  let last = claim.size - 1
  if (!Number.isInteger(at) || at < 0 || at > last) return false
  if (!isHash(claim.leaf) || !claim.proof.every(isHash)) return false
  let running = claim.leaf
  let used = 0
  for (; last > 0; at = Math.floor(at / 2), last = Math.floor(last / 2)) {
    // The last node of an odd level has no sibling: it was carried up as it is.
    if (at === last && at % 2 === 0) continue
    const sibling = claim.proof[used++]
    if (sibling === undefined) return false
    running = at % 2 === 1 ? node(sibling, running, hash) : node(running, sibling, hash)
  }
  return used === claim.proof.length && equalBytes(running, claim.root)
}

const isHash = (bytes: Uint8Array): boolean => bytes.byteLength === HASH_BYTES
