import assert from 'node:assert/strict'
import { createIntake } from '../../../node/runtime/intake.ts'
import type { Runtime } from '../../../node/runtime/runtime.ts'
import { positionTopic } from '../../../protocols/position/topic.ts'
import type { VerdictReason } from '../../../src/agent/interface.ts'
import type { SignedPosition } from '../../../src/position/position.ts'

const TOPIC = positionTopic('881f8e0a31fffff')

/** An intake of an agent that says the same of every report, all of them by `author`. */
function intakeOf(author: string, reason: VerdictReason) {
  const heard: string[] = []
  let affords = true
  const verdict = reason === 'fresh' ? ('accept' as const) : ('ignore' as const)
  const step = (() => ({ t: 'verdict', verdict, reason })) as unknown as Runtime['step']
  const intake = createIntake({
    open: () => ({ signed: { position: { agent: author, hlc: 0 } } as SignedPosition }),
    runtime: { step },
    hears: agent => {
      heard.push(agent)
      return affords
    },
    onFresh: () => {},
    onRefused: () => {},
  })
  return {
    take: (from: string) => intake(TOPIC, new Uint8Array(1), from),
    heard,
    spent: () => {
      affords = false
    },
  }
}

describe('intake', () => {
  it('takes no more of an author than it may say, whoever brings it', () => {
    for (const from of ['author', 'neighbour']) {
      const { take, spent } = intakeOf('author', 'fresh')
      assert.equal(take(from), 'accept')
      spent()
      assert.equal(take(from), 'ignore')
    }
  })

  it('regression: counts no old report that another brings, so that replays silence nobody', () => {
    const { take, heard } = intakeOf('author', 'stale')
    assert.equal(take('replayer'), 'ignore')
    assert.deepEqual(heard, [])
  })

  it('counts whatever an author itself brings, old or new', () => {
    const { take, heard } = intakeOf('author', 'stale')
    take('author')
    assert.deepEqual(heard, ['author'])
  })
})
