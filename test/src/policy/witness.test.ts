import assert from 'node:assert/strict'
import type { SignedHead } from '../../../src/policy/contradiction.ts'
import { Witness } from '../../../src/policy/witness.ts'

const MINUTE_US = 60_000_000

const head = (seq: number, { agent = 'heron', boot = 1, fill = seq } = {}): SignedHead => ({
  agent,
  boot,
  seq,
  hash: new Uint8Array(32).fill(fill),
  bytes: new Uint8Array([boot, seq, fill]),
})

describe('witness', () => {
  it('records the first head of a log, then one every five minutes, and each new start', () => {
    const witness = new Witness()
    const heard = (next: SignedHead, minutes: number) => witness.hear(next, minutes * MINUTE_US).t
    assert.equal(heard(head(10), 0), 'record')
    assert.equal(heard(head(11), 1), 'kept')
    assert.equal(heard(head(12), 4.9), 'kept')
    assert.equal(heard(head(13), 5), 'record')
    assert.equal(heard(head(14), 6), 'kept')
    assert.equal(heard(head(15, { boot: 2 }), 7), 'record')
    assert.equal(heard(head(16, { boot: 2 }), 8), 'kept')
    assert.equal(witness.head('heron')?.seq, 16)
  })

  it('regression: is filled up by nobody who claims start after start', () => {
    const witness = new Witness()
    const minute = Array.from({ length: 240 }, (_, i) =>
      witness.hear(head(i + 1, { boot: i + 1 }), (i * MINUTE_US) / 240),
    )
    assert.equal(minute.filter(({ t }) => t === 'record').length, 2)
  })

  it('passes over what it knows, and what is older', () => {
    const witness = new Witness()
    witness.hear(head(10), 0)
    assert.equal(witness.hear(head(10), 1).t, 'old')
    assert.equal(witness.hear(head(9), 1).t, 'old')
    assert.equal(witness.head('heron')?.seq, 10)
  })

  it('shows with what a rewritten or shortened log is at odds, and goes on holding that', () => {
    const witness = new Witness()
    const held = head(10)
    witness.hear(held, 0)
    assert.deepEqual(witness.hear(head(10, { fill: 99 }), 1), { t: 'contradiction', held })
    assert.deepEqual(witness.hear(head(9, { boot: 2 }), 1), { t: 'contradiction', held })
    assert.equal(witness.head('heron'), held)
  })

  it('keeps logs apart', () => {
    const witness = new Witness()
    witness.hear(head(10), 0)
    assert.equal(witness.hear(head(10, { agent: 'egret', fill: 99 }), 0).t, 'record')
  })

  it('holds 4,096 logs, and lets go of the one heard of longest ago', () => {
    const witness = new Witness()
    for (let i = 0; i < 4_096; i++) witness.hear(head(1, { agent: `drone-${i}` }), 0)
    witness.hear(head(2, { agent: 'drone-0' }), 1)
    witness.hear(head(1, { agent: 'one-more' }), 2)
    assert.equal(witness.head('drone-0')?.seq, 2)
    assert.equal(witness.head('drone-1'), undefined)
    assert.equal(witness.head('one-more')?.seq, 1)
  })
})
