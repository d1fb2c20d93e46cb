import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Effect } from '../../../src/agent/interface.ts'
import { keyOf } from '../../../src/eventlog/keys.ts'
import { type EffectOf, eventTypes, pick, Rig } from './rig.ts'

const note = (n: number) => ({
  t: 'note' as const,
  draft: { type: 'test.noted', subject: '', data: { n } },
})

const keysOf = (write: EffectOf<'write'>): string[] =>
  write.ops.map(op => Buffer.from(op.key).toString('hex'))

/** A disk that may fail, and a shell that holds the agent to its promises about it. */
class Disk {
  readonly announced: number[] = []
  readonly rig = new Rig()
  #open: EffectOf<'write'>[] = []

  take(effects: readonly Effect[], durable: EffectOf<'write'> | null): void {
    const events = pick(effects, 'event').map(({ event }) => event.event.seq)
    if (durable === null) assert.deepEqual(events, [], 'announced before it was durable')
    else for (const seq of events) assert.ok(keysOf(durable).includes(hexKey(seq)), 'not in this write')
    this.announced.push(...events)
    this.#open.push(...pick(effects, 'write'))
    assert.ok(this.#open.length <= 1, 'one write in flight')
    for (const write of this.#open) assert.ok(write.sync)
  }

  finish(failing: boolean): void {
    const write = this.#open.shift()
    if (write === undefined) return
    if (failing) this.take(this.rig.step({ t: 'write-failed', token: write.token, reason: 'full' }), null)
    else this.take(this.rig.step({ t: 'written', token: write.token }), write)
  }
}

const hexKey = (seq: number): string => Buffer.from(keyOf('event', seq)).toString('hex')

type Move = 'note' | 'tick' | 'done' | 'fail' | 'fix'

describe('agent: what it writes', () => {
  it('announces every event once, in order, and none before it is durable, whatever fails', () => {
    const moves = fc.array(fc.constantFrom<Move>('note', 'note', 'tick', 'done', 'fail', 'fix'), {
      maxLength: 80,
    })
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 1_500 }), (sequence, stepMs) => {
        const disk = new Disk()
        const { rig } = disk
        disk.take(rig.start(), null)
        for (const [i, move] of sequence.entries()) {
          rig.ms += stepMs
          if (move === 'note') disk.take(rig.step(note(i)), null)
          else if (move === 'tick') disk.take(rig.step({ t: 'tick' }), null)
          else if (move === 'fix') disk.take(rig.fix(), null)
          else disk.finish(move === 'fail')
        }
        for (let i = 0; i < 10; i++) {
          disk.finish(false)
          disk.take(rig.after(2_000, { t: 'tick' }), null)
        }
        const expected = Array.from({ length: rig.agent.counters.eventsAppended }, (_, i) => i + 1)
        assert.deepEqual(disk.announced.slice(0, expected.length), expected.slice(0, disk.announced.length))
        assert.ok(disk.announced.length >= expected.length - 1, 'all but what is just being written')
      }),
    )
  })

  it('has one write in flight; what comes meanwhile is the next', () => {
    const rig = new Rig()
    const [first] = pick(rig.start(), 'write')
    assert.ok(first !== undefined)
    for (let i = 0; i < 5; i++) assert.deepEqual(pick(rig.step(note(i)), 'write'), [])
    const then = rig.step({ t: 'written', token: first.token })
    assert.deepEqual(eventTypes(then), ['node.started'])
    const [second] = pick(then, 'write')
    assert.ok(second !== undefined && second.token !== first.token)
    assert.equal(eventTypes(rig.step({ t: 'written', token: second.token })).length, 5)
  })

  it('tries a failed write again after a second, not before, with the same bytes', () => {
    const rig = new Rig()
    const [first] = pick(rig.start(), 'write')
    assert.ok(first !== undefined)
    assert.deepEqual(pick(rig.step({ t: 'write-failed', token: first.token, reason: 'EIO' }), 'write'), [])
    assert.equal(rig.agent.counters.writesFailed, 1)
    assert.deepEqual(pick(rig.after(500, note(1)), 'write'), [])
    assert.deepEqual(pick(rig.after(400, { t: 'tick' }), 'write'), [])
    const [again] = pick(rig.after(200, { t: 'tick' }), 'write')
    assert.deepEqual(again?.ops, first.ops)
    assert.ok(again !== undefined)
    const then = rig.step({ t: 'written', token: again.token })
    assert.deepEqual(eventTypes(then), ['node.started'])
    assert.deepEqual(eventTypes(rig.settle(then)), ['test.noted'])
  })

  it('tries again on its own wake-ups alone, within two seconds', () => {
    const rig = new Rig()
    const started = rig.start()
    const [first] = pick(started, 'write')
    assert.ok(first !== undefined)
    rig.ms += 100
    rig.step({ t: 'write-failed', token: first.token, reason: 'EIO' })
    let wakeUs = pick(started, 'wake').at(-1)?.atUs ?? 0
    const failedUs = rig.now.monoUs
    for (let i = 0; i < 5; i++) {
      rig.ms += (wakeUs - rig.now.monoUs) / 1000
      const effects = rig.step({ t: 'tick' })
      if (pick(effects, 'write').length > 0) {
        assert.ok(rig.now.monoUs - failedUs <= 2_000_000)
        return
      }
      wakeUs = pick(effects, 'wake').at(-1)?.atUs ?? 0
    }
    assert.fail('never tried again')
  })

  it('writes that it stopped, last of all, also if the disk fails once', () => {
    const rig = new Rig()
    rig.settle(rig.start())
    const [stopping] = pick(rig.step({ t: 'stop', data: {} }), 'write')
    assert.ok(stopping !== undefined)
    rig.step({ t: 'write-failed', token: stopping.token, reason: 'EIO' })
    const again = rig.after(1_100, { t: 'tick' })
    assert.deepEqual(eventTypes(rig.settle(again)), ['node.stopped'])
  })

  it('writes that it stopped behind a write in flight', () => {
    const rig = new Rig()
    const starting = rig.start()
    assert.deepEqual(rig.step({ t: 'stop', data: {} }), [])
    assert.deepEqual(eventTypes(rig.settle(starting)), ['node.started', 'node.stopped'])
  })

  it('takes a snapshot when it stops, once all is durable, so that the next start folds nothing again', () => {
    const rig = new Rig()
    const [starting] = pick(rig.start(), 'write')
    assert.ok(starting !== undefined)
    rig.step({ t: 'stop', data: {} })
    const [stopping, ...none] = pick(rig.step({ t: 'written', token: starting.token }), 'write')
    assert.ok(stopping !== undefined)
    assert.deepEqual(none, [], 'not before the last event is durable')
    const [snapshot] = pick(rig.step({ t: 'written', token: stopping.token }), 'write')
    assert.ok(snapshot !== undefined)
    const { seq } = rig.agent.journal.log.durableHead
    assert.deepEqual(keysOf(snapshot), [Buffer.from(keyOf('snapshot', seq)).toString('hex')])
    assert.deepEqual(pick(rig.step({ t: 'written', token: snapshot.token }), 'write'), [])
  })

  it('notes peers that come and go once each, and greets the new', () => {
    const rig = new Rig()
    rig.settle(rig.start())
    const up = rig.step({ t: 'peer', peer: 'p', up: true, why: 'relay' })
    assert.deepEqual(
      pick(up, 'send').map(send => [send.to, send.message.t]),
      [['p', 'digest']],
    )
    assert.deepEqual(eventTypes(rig.settle(up)), ['peer.joined'])
    assert.deepEqual(rig.step({ t: 'peer', peer: 'p', up: true, why: 'relay' }), [])
    assert.deepEqual(eventTypes(rig.settle(rig.step({ t: 'peer', peer: 'p', up: false, why: 'gone' }))), [
      'peer.left',
    ])
    assert.deepEqual(rig.step({ t: 'peer', peer: 'p', up: false, why: 'gone' }), [])
  })

  it('records its own flight once a second while there are fixes, and not without', () => {
    const rig = new Rig()
    rig.settle(rig.start())
    const types: string[] = []
    for (let i = 0; i < 200; i++) {
      rig.ms += 100
      if (i < 100) types.push(...eventTypes(rig.settle(rig.fix())))
      types.push(...eventTypes(rig.settle(rig.step({ t: 'tick' }))))
    }
    const records = types.filter(type => type === 'flight.position').length
    assert.ok(records >= 9 && records <= 12, `${records} records in 10 s of flight`)
  })
})
