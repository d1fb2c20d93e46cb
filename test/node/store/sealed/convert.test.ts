import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createIdentity, loadIdentity } from '../../../../node/identity/identity.ts'
import { openStore, type Store, StoreError } from '../../../../node/store/index.ts'
import { readEvents } from '../../../../node/store/read-log.ts'
import { recoverStore } from '../../../../node/store/recover-store.ts'
import {
  type ConvertOptions,
  type ConvertStep,
  decryptData,
  encryptData,
} from '../../../../node/store/sealed/convert.ts'
import type { KeySource } from '../../../../node/store/sealed/key-source.ts'
import { plainIn } from '../../../../node/store/sealed/leftovers.ts'
import { pskContent, pskPath, readPsk } from '../../../../node/store/sealed/sealed-psk.ts'
import { unlockData } from '../../../../node/store/sealed/unlock.ts'
import { ed25519Signer } from '../../../../protocols/identity/ed25519.ts'
import { createEventLog } from '../../../../src/eventlog/log.ts'
import { hlcOfMs } from '../../../../src/time/hlc.ts'
import { tempDirs } from '../temp-dir.ts'
import { NO_KEY, newKey } from './keys.ts'

const SMALL = { reserveBytes: 0 }
const seed = createHash('sha256').update('skein convert test').digest()
const signer = ed25519Signer(seed)
const hlc = hlcOfMs(1_760_000_000_000)
const { signal } = new AbortController()
const PSK = '/key/swarm/psk/1.0.0/\n/base16/\nsome digits'
const EVENTS = 2_500

/** What a node has written: some thousand events, an identity, the key of its network. */
async function nodeData(dir: string, source: KeySource): Promise<void> {
  const key = await unlockData(dir, source)
  const { agent: author } = await createIdentity(dir, seed, key)
  const store = await openStore(dir, { ...SMALL, key })
  const { boot, recovered } = await recoverStore(store, { author, signer, hlc, signal })
  const log = createEventLog({ author, boot, signer, head: recovered.log })
  for (let i = 1; i <= EVENTS; i++) {
    log.append({ type: 'test.word', subject: '', data: { i } }, hlc + i)
    if (i % 50 > 0) continue
    await store.write(log.flush(i)?.ops ?? [], false)
    log.written(i)
  }
  await store.close()
  await mkdir(join(dir, 'trust'))
  await writeFile(pskPath(dir), pskContent(Buffer.from(PSK), key))
}

/** Everything is there, and the log verifies. */
async function assertWhole(dir: string, source: KeySource): Promise<void> {
  const key = await unlockData(dir, source)
  const store = await openStore(dir, { ...SMALL, key })
  const { agent: author } = await loadIdentity(dir, key)
  const { recovered } = await recoverStore(store, { author, signer, hlc, signal, full: true })
  assert.deepEqual([recovered.faults, recovered.log.seq], [[], EVENTS])
  assert.equal(await count(store), EVENTS)
  await store.close()
  assert.equal(Buffer.from(await readPsk(pskPath(dir), key)).toString(), PSK)
}

async function count(store: Store): Promise<number> {
  let events = 0
  for await (const _ of readEvents(store, 1)) events += 1
  return events
}

describe('node/store/sealed/convert', function () {
  this.timeout(60_000)
  const tempDir = tempDirs()
  let dir = ''
  let source: KeySource
  beforeEach(async () => {
    dir = await tempDir()
    source = newKey(await tempDir())
  })

  it('encrypts all that is secret, and leaves none of it in plain', async () => {
    await nodeData(dir, NO_KEY)
    assert.equal(await encryptData(dir, source, { signal }), true)
    assert.deepEqual((await readdir(dir)).sort(), ['boot', 'sealed', 'trust', 'version'])
    assert.deepEqual((await readdir(join(dir, 'sealed'))).sort(), ['data-key', 'identity.key', 'log'])
    assert.deepEqual(await plainIn(dir), [])
    assert.ok(!(await readFile(pskPath(dir), 'utf8')).includes('digits'))
    await assertWhole(dir, source)
    await assert.rejects(unlockData(dir, NO_KEY), { code: 'store-encrypted' })
    assert.equal(await encryptData(dir, source, { signal }), false)
  })

  it('decrypts it again, to what it was', async () => {
    await nodeData(dir, NO_KEY)
    const before = await readFile(join(dir, 'identity.key'))
    await encryptData(dir, source, { signal })
    assert.equal(await decryptData(dir, source, { signal }), true)
    assert.deepEqual((await readdir(dir)).sort(), ['boot', 'identity.key', 'log', 'trust', 'version'])
    assert.deepEqual(await readFile(join(dir, 'identity.key')), before)
    assert.equal(await readFile(pskPath(dir), 'utf8'), PSK)
    await assertWhole(dir, NO_KEY)
    assert.equal(await decryptData(dir, source, { signal }), false)
  })

  type Conversion = (dir: string, source: KeySource, options: ConvertOptions) => Promise<boolean>
  const directions: readonly [string, Conversion, boolean][] = [
    ['encrypting', encryptData, false],
    ['decrypting', decryptData, true],
  ]
  for (const [name, convert, wasSealed] of directions) {
    it(`interrupted at any step of ${name}, it opens whole, one way or the other, and can be done again`, async () => {
      await nodeData(dir, wasSealed ? source : NO_KEY)
      const states = new Map<ConvertStep, string>()
      const onStep = async (step: ConvertStep) => {
        const state = join(await tempDir(), step)
        await cp(dir, state, { recursive: true })
        states.set(step, state)
        // Until it is done, nobody else gets in.
        if (['copy', 'check', 'identity', 'switch'].includes(step)) await assertBusy()
      }
      const assertBusy = async () => {
        for (const from of [NO_KEY, source])
          await assert.rejects(
            unlockData(dir, from).then(key => openStore(dir, { ...SMALL, key })),
            StoreError,
          )
      }
      await convert(dir, source, { signal, onStep })
      assert.deepEqual([...states.keys()], ['key', 'copy', 'check', 'identity', 'switch', 'remove', 'done'])
      for (const [step, state] of states) {
        const isSwitched = step === 'remove' || step === 'done'
        const isSealed = isSwitched !== wasSealed
        const again = join(await tempDir(), 'again')
        await cp(state, again, { recursive: true })
        await assertWhole(state, isSealed ? source : NO_KEY)
        if (isSealed) assert.deepEqual(await plainIn(state), [], `plain is left after ${step}`)
        await convert(again, source, { signal })
        await assertWhole(again, wasSealed ? NO_KEY : source)
        if (!wasSealed) assert.deepEqual(await plainIn(again), [])
        else assert.ok(!existsSync(join(again, 'sealed')))
      }
    })
  }

  it('ends what was interrupted in the middle of removing, at the next start', async () => {
    await nodeData(dir, NO_KEY)
    let half = ''
    const onStep = async (step: ConvertStep) => {
      if (step !== 'remove') return
      half = join(await tempDir(), 'half')
      await cp(dir, half, { recursive: true })
    }
    await encryptData(dir, source, { signal, onStep })
    const [some = ''] = await readdir(join(half, 'log'))
    await rm(join(half, 'log', some))
    await writeFile(join(half, 'identity.key.0123456789ab'), 'half a key')
    assert.deepEqual((await plainIn(half)).toSorted(), [
      'identity.key',
      'identity.key.0123456789ab',
      'log',
      'trust/psk.key',
    ])
    await assertWhole(half, source)
    assert.deepEqual(await plainIn(half), [])
  })

  it('stops when told, and leaves it as it was', async () => {
    await nodeData(dir, NO_KEY)
    const before = await readdir(dir)
    const stop = new AbortController()
    const onStep = (step: ConvertStep) => {
      if (step === 'check') stop.abort()
    }
    await assert.rejects(encryptData(dir, source, { signal: stop.signal, onStep }), { name: 'AbortError' })
    assert.ok(!existsSync(join(dir, 'sealed')))
    assert.deepEqual(await readdir(dir), before)
    await assertWhole(dir, NO_KEY)
  })

  it('keeps a record that was damaged before, to be set aside by recovery', async () => {
    await nodeData(dir, NO_KEY)
    const damaged = { type: 'put', key: Uint8Array.of(0x71, 0x65, 1), value: Uint8Array.of(1, 2) } as const
    const store = await openStore(dir, SMALL)
    await store.write([damaged], true)
    await store.close()
    await encryptData(dir, source, { signal })
    const sealed = await openStore(dir, { ...SMALL, key: await unlockData(dir, source) })
    const range = { gte: damaged.key, lt: Uint8Array.of(0x71, 0x65, 2) }
    const { value: chunk } = await sealed.iterate(range).next()
    assert.deepEqual(chunk?.[0]?.[1], damaged.value)
    await sealed.close()
  })

  it('encrypts an identity that has no log yet', async () => {
    const { agent } = await createIdentity(dir, seed)
    await encryptData(dir, source, { signal })
    assert.equal((await loadIdentity(dir, await unlockData(dir, source))).agent, agent)
  })

  it('says what to do: no key, nothing there, in use, another key', async () => {
    await assert.rejects(encryptData(dir, source, { signal }), /no data of a node here\. With dataKey set/)
    await assert.rejects(decryptData(dir, source, { signal }), /no data of a node here/)
    await nodeData(dir, NO_KEY)
    await assert.rejects(encryptData(dir, NO_KEY, { signal }), /Set dataKey\.file or dataKey\.command/)
    const node = await openStore(dir, SMALL)
    await assert.rejects(encryptData(dir, source, { signal }), { code: 'store-in-use' })
    await node.close()
    await encryptData(dir, source, { signal })
    const other = newKey(await tempDir())
    await assert.rejects(decryptData(dir, other, { signal }), { code: 'store-wrong-key' })
    await assertWhole(dir, source)
  })
})
