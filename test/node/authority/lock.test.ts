import assert from 'node:assert/strict'
import { fork, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { lock } from '../../../node/authority/lock.ts'
import { tempDir } from './temp-dir.ts'

const RACER = fileURLToPath(new URL('./lock-racer.ts', import.meta.url))
const ROUNDS = 90

interface Raced {
  readonly taken: number
  readonly together: number
}

const race = (dir: string, gone: number): Promise<Raced> =>
  new Promise((resolve, reject) => {
    const child = fork(RACER, [dir, String(ROUNDS), String(gone)])
    let raced: Raced | null = null
    child.once('message', message => {
      raced = message as Raced
    })
    child.once('exit', code =>
      raced === null ? reject(new Error(`the racer ended with ${code}`)) : resolve(raced),
    )
  })

describe('lock of an authority', () => {
  const at = tempDir()
  const { pid: gone } = spawnSync('true')

  it('lets one in at a time, and leaves nothing behind', async () => {
    mkdirSync(at('one'))
    const unlock = await lock(at('one', 'lock'))
    await assert.rejects(lock(at('one', 'lock')), { code: 'AUTHORITY_BUSY' })
    await unlock()
    assert.deepEqual(readdirSync(at('one')), [])
    await (await lock(at('one', 'lock')))()
  })

  it('is not taken from somebody who has not said yet who it is', async () => {
    for (const text of ['', 'heron\n', '12']) {
      writeFileSync(at('unsaid'), text)
      await assert.rejects(lock(at('unsaid')), {
        code: 'AUTHORITY_BUSY',
        message: /if there is none, remove .*unsaid/,
      })
    }
  })

  it('is not taken from a newcomer by two that find it left: the second waits', async () => {
    writeFileSync(at('left'), `${gone}\n`)
    writeFileSync(at('left.clearing'), `${process.pid}\n`)
    await assert.rejects(lock(at('left')), { code: 'AUTHORITY_BUSY', message: /remove .*left\.clearing/ })
  })

  it('is removed by its holder alone', async () => {
    const unlock = await lock(at('own'))
    writeFileSync(at('own'), `${process.pid}\n`)
    await unlock()
    assert.ok(existsSync(at('own')))
  })

  it('never lets two processes in at once, though some are killed inside', async () => {
    mkdirSync(at('race'))
    const raced = await Promise.all([race(at('race'), gone), race(at('race'), gone), race(at('race'), gone)])
    for (const { taken, together } of raced) {
      assert.equal(together, 0)
      assert.ok(taken >= ROUNDS / 3, `only ${taken}`)
    }
  }).timeout(30_000)
})
