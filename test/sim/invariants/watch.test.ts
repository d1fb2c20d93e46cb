import assert from 'node:assert/strict'
import { SimDisk } from '../../../sim/disk/disk.ts'
import { Watch } from '../../../sim/invariants/watch.ts'
import { createRandom } from '../../../sim/kernel/random.ts'
import { SimClock } from '../../../sim/process/clock.ts'
import { SimNode } from '../../../sim/process/node.ts'
import { fakeSigner } from '../../../sim/signer.ts'
import { createEventLog, GENESIS } from '../../../src/eventlog/log.ts'

function setup() {
  const random = createRandom(1)
  const signer = fakeSigner(1)
  const parts = {
    lives: new Int32Array(1),
    disk: new SimDisk(random),
    clock: new SimClock(),
    signer,
    lot: random,
  }
  const node = new SimNode(0, parts)
  const watch = new Watch(1, () => 0)
  const log = createEventLog({ author: node.id, boot: 1, signer, head: GENESIS })
  /** Appends one event, makes it durable, and tells the watch. */
  const acknowledge = (seq: number) => {
    log.append({ type: 'a.b', subject: '', data: {} }, seq)
    node.disk.write(seq, log.flush(seq)?.ops ?? [])
    node.disk.harden(seq)
    for (const event of log.written(seq)) watch.event(node, { t: 'event', event })
  }
  for (const seq of [1, 2, 3]) acknowledge(seq)
  return { node, watch, log }
}

const violation = (invariant: string) => ({ name: 'ViolationError', code: 'invariant-violated', invariant })

describe('watch', () => {
  it('accepts a restart that found everything', () => {
    const { node, watch, log } = setup()
    watch.recovered(node, { log: log.head, quarantined: false })
    assert.equal(watch.acknowledgedSeq(node), 3)
  })

  it('refuses a restart that found less than was acknowledged', () => {
    const { node, watch } = setup()
    const short = { log: { seq: 2, hash: new Uint8Array(32) }, quarantined: false }
    assert.throws(() => watch.recovered(node, short), violation('nothing-acknowledged-lost'))
  })

  it('refuses a restart that found another event in the place of an acknowledged one', () => {
    const { node, watch } = setup()
    const other = { log: { seq: 3, hash: new Uint8Array(32) }, quarantined: false }
    assert.throws(() => watch.recovered(node, other), violation('nothing-acknowledged-lost'))
  })

  it('refuses a restart that did not notice damage', () => {
    const { node, watch, log } = setup()
    watch.damaged(node, 2)
    const blind = { log: log.head, quarantined: false }
    assert.throws(() => watch.recovered(node, blind), violation('damage-detected'))
  })

  it('accepts a restart that lost damaged events and says so', () => {
    const { node, watch } = setup()
    watch.damaged(node, 2)
    watch.recovered(node, { log: { seq: 1, hash: new Uint8Array(32) }, quarantined: true })
    assert.equal(watch.acknowledgedSeq(node), 1)
  })

  it('refuses an effect whose write is not durable', () => {
    const { node, watch } = setup()
    node.disk.write(9, [])
    assert.throws(() => watch.released(node, 9), violation('held-until-durable'))
  })
})
