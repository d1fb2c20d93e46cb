import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { Runtime, type RuntimePorts } from '../../../node/runtime/runtime.ts'
import { agentIdOf } from '../../../protocols/identity/agent-id.ts'
import { ed25519Signer } from '../../../protocols/identity/ed25519.ts'
import { createAgent } from '../../../src/agent/agent.ts'
import { DEFAULT_AGENT_CONFIG } from '../../../src/agent/config.ts'
import type { HashedEvent } from '../../../src/eventlog/event.ts'
import { recoverLog } from '../../../src/eventlog/recover.ts'
import type { Random } from '../../../src/ports.ts'
import { credential } from '../../src/agent/closed.ts'
import { draft } from '../../src/agent/command-net.ts'
import { listOf } from '../../src/policy/samples.ts'

const signer = ed25519Signer(new Uint8Array(32).fill(9))
const author = agentIdOf(signer.publicKey)
const random: Random = { u32: () => 0, int: () => 0, float: () => 0, fork: () => random }
const DRAFT = { type: 'test.happened', subject: '', data: {} }

/** A real agent in a runtime whose disk does as told. */
function rig(changes: Partial<RuntimePorts> = {}) {
  const recovered = recoverLog({ author, boot: 1, signer, hlc: 1 }, () => [])
  const config = { ...DEFAULT_AGENT_CONFIG, agent: author, boot: 1 }
  const events: HashedEvent[] = []
  const fatal: Error[] = []
  const runtime = new Runtime(createAgent(config, { random, signer }, recovered), {
    now: () => ({ monoUs: Math.floor(performance.now() * 1000), wallMs: 1_795_000_000_000 }),
    write: async () => {},
    seal: (position, cell) => ({ position, cell, bytes: new Uint8Array() }),
    publish: () => {},
    subscribe: () => {},
    unsubscribe: () => {},
    send: () => {},
    expel: () => {},
    actuate: () => {},
    onAnswer: () => {},
    onEvent: event => void events.push(event),
    onFatal: error => void fatal.push(error),
    ...changes,
  })
  return { runtime, events, fatal }
}

describe('runtime', () => {
  it('tells of an event only once its write is durable', async () => {
    const disk = Promise.withResolvers<void>()
    const { runtime, events } = rig({ write: () => disk.promise })
    const noted = runtime.note(DRAFT)
    await delay(5)
    assert.deepEqual(events, [])
    disk.resolve()
    assert.equal((await noted).event.type, 'test.happened')
    assert.equal(events.length, 1)
  })

  it('writes what a failing disk refused, once it works again, and loses nothing', async () => {
    let failures = 1
    const write = async () => {
      if (failures-- > 0) throw new Error('disk says no')
    }
    const { runtime, fatal } = rig({ write })
    const { event } = await runtime.note(DRAFT)
    assert.equal(event.seq, 1)
    assert.equal(runtime.agent.counters.writesFailed, 1)
    assert.deepEqual(fatal, [])
    await runtime.stop('done', AbortSignal.timeout(5_000))
  })

  it('stops acting when its shell cannot do what the agent asks, instead of going on half done', async () => {
    const { runtime, fatal } = rig({
      onEvent: () => {
        throw new Error('the shell is broken')
      },
    })
    await runtime.note(DRAFT)
    assert.match(String(fatal), /the shell is broken/)
    await assert.rejects(runtime.note(DRAFT), /refused/)
  })

  const asks: Readonly<Record<'note' | 'renew' | 'revoke' | 'command', (runtime: Runtime) => unknown>> = {
    note: runtime => runtime.note(DRAFT).catch(() => {}),
    renew: runtime => runtime.renew(credential(author)),
    revoke: runtime => runtime.revoke(listOf({})),
    command: runtime => runtime.command(draft({ target: author })),
  }
  for (const [name, ask] of Object.entries(asks)) {
    it(`regression: stops acting when the agent fails in ${name}, whoever asked`, async () => {
      const { runtime, fatal } = rig()
      Object.assign(runtime.agent, {
        [name]() {
          throw new Error('asserted')
        },
      })
      await ask(runtime)
      assert.match(String(fatal), /asserted/)
      assert.equal(runtime.step({ t: 'tick' }), null)
      await assert.rejects(runtime.note(DRAFT), /refused/)
    })
  }

  it('goes on when an event is refused that could not be read back', async () => {
    const { runtime, fatal } = rig()
    const bad = { ...DRAFT, data: { number: Number.NaN } }
    await assert.rejects(runtime.note(bad), { name: 'EventRefusedError' })
    assert.deepEqual(fatal, [])
    assert.equal((await runtime.note(DRAFT)).event.seq, 1)
  })

  it('rejects whoever still waits for an event when it ends without it', async () => {
    const { runtime } = rig({ write: () => new Promise(() => {}) })
    const noted = runtime.note(DRAFT)
    await runtime.stop('asked to', AbortSignal.timeout(20))
    await assert.rejects(noted, /stopping/)
  })

  it('writes its last event before it is stopped, and takes nothing more', async () => {
    const { runtime, events } = rig()
    await runtime.stop('asked to', AbortSignal.timeout(5_000))
    assert.deepEqual(
      events.map(({ event }) => event.type),
      ['node.stopped'],
    )
    assert.equal(runtime.step({ t: 'note', draft: DRAFT }), null)
    assert.equal(runtime.agent.journal.log.head.seq, 1)
  })
})
