import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { foundAuthority, readAuthority, withAuthority } from '../../../node/authority/directory.ts'
import { keyOf } from '../../../node/authority/keys.ts'
import { agentIdOf } from '../../../protocols/identity/agent-id.ts'
import { tempDir } from './temp-dir.ts'

const DAY_MS = 86_400_000
const START_MS = Date.UTC(2026, 0, 1)
const nowMs = () => START_MS
const HERE = { file: null, passphrase: null }
const agentOf = (n: number) => agentIdOf(keyOf(new Uint8Array(32).fill(n)).signer.publicKey)

/** Issues one certificate, as `skein ca issue` does. */
async function issue(dir: string, name: string, n: number): Promise<number> {
  return withAuthority(dir, { nowMs, place: null }, async kept => {
    const grant = { agent: agentOf(n), name, roles: ['drone' as const], notAfterMs: START_MS + DAY_MS }
    const issued = kept.authority.issue(grant)
    await kept.saveIssued([issued])
    return issued.serial
  })
}

describe('authority directory', () => {
  const at = tempDir()
  let dirs = 0
  /** A new authority that issued to heron and egret. */
  async function founded(): Promise<string> {
    const dir = at(`ca-${++dirs}`)
    await foundAuthority(dir, { swarm: 'north' }, HERE, START_MS)
    await issue(dir, 'heron', 100)
    await issue(dir, 'egret', 101)
    return dir
  }

  it('is for its owner only, all of it', async () => {
    const dir = await founded()
    assert.equal(statSync(dir).mode & 0o777, 0o700)
    for (const name of readdirSync(dir)) assert.equal(statSync(`${dir}/${name}`).mode & 0o777, 0o600, name)
    assert.deepEqual(readdirSync(dir).sort(), [
      'genesis.cbor',
      'issuing-1.cbor',
      'issuing-1.key',
      'registry.ndjson',
      'root.key',
    ])
  })

  it('remembers all that was done', async () => {
    const dir = await founded()
    await withAuthority(dir, { nowMs, place: null }, async ({ authority, saveRevocations }) => {
      await saveRevocations(authority.revoke({ agent: agentOf(101), reason: 'stolen' }))
    })
    const authority = await readAuthority(dir, nowMs)
    assert.deepEqual(
      authority.issued.map(({ certificate: { serial, name } }) => [serial, name]),
      [
        [1, 'heron'],
        [2, 'egret'],
      ],
    )
    assert.equal(authority.revocations?.revocations[0]?.reason, 'stolen')
  })

  it('does without the root key from day to day, wherever that is', async () => {
    const dir = at('apart')
    const place = { file: at('usb.key'), passphrase: null }
    await foundAuthority(dir, { swarm: 'north' }, place, START_MS)
    assert.ok(!existsSync(`${dir}/root.key`))
    assert.equal(await issue(dir, 'heron', 100), 1)
    const rotate = (rootKey: typeof place | typeof HERE) =>
      withAuthority(dir, { nowMs, place: rootKey }, async ({ authority, saveIssuingKey }) =>
        saveIssuingKey(authority.rotate()),
      )
    await assert.rejects(rotate(HERE), {
      code: 'AUTHORITY_ROOT_NEEDED',
      message: /needs the root key, and .*root\.key could not be read\. Say where it is: --root-key FILE/,
    })
    await rotate(place)
    assert.deepEqual(
      readdirSync(dir)
        .filter(name => name.startsWith('issuing'))
        .sort(),
      ['issuing-1.cbor', 'issuing-2.cbor', 'issuing-2.key'],
    )
    assert.equal((await readAuthority(dir, nowMs)).issuing.certificate.serial, 2)
    assert.equal(await issue(dir, 'egret', 101), 2)
  })

  it('refuses the root key of another swarm', async () => {
    const dir = await founded()
    const place = { file: `${await founded()}/root.key`, passphrase: null }
    await assert.rejects(
      withAuthority(dir, { nowMs, place }, async () => undefined),
      { code: 'AUTHORITY_ROOT_NEEDED', message: /is not the root key of swarm 'north'/ },
    )
  })

  it('goes on from a rotation that was cut off before its certificate was written', async () => {
    const dir = await founded()
    writeFileSync(`${dir}/issuing-2.key`, 'half a k', { mode: 0o600 })
    assert.equal((await readAuthority(dir, nowMs)).issuing.certificate.serial, 1)
    await withAuthority(dir, { nowMs, place: HERE }, async ({ authority, saveIssuingKey }) =>
      saveIssuingKey(authority.rotate()),
    )
    assert.equal((await readAuthority(dir, nowMs)).issuing.certificate.serial, 2)
  })

  describe('is not founded', () => {
    it('where there is one already', async () => {
      const dir = await founded()
      const before = readFileSync(`${dir}/root.key`)
      await assert.rejects(foundAuthority(dir, { swarm: 'north' }, HERE, START_MS), {
        code: 'AUTHORITY_EXISTS',
        message: /holds an authority already\. Choose another --dir; nothing was changed/,
      })
      assert.deepEqual(readFileSync(`${dir}/root.key`), before)
    })

    it('among files of somebody else', async () => {
      mkdirSync(at('full'))
      writeFileSync(at('full', 'letter.txt'), '')
      await assert.rejects(foundAuthority(at('full'), { swarm: 'north' }, HERE, START_MS), /is not empty/)
    })

    it('over a root key that is there, and leaves nothing half made', async () => {
      const file = at('taken.key')
      writeFileSync(file, 'precious')
      await assert.rejects(
        foundAuthority(at('none'), { swarm: 'north' }, { file, passphrase: null }, START_MS),
        {
          code: 'AUTHORITY_UNWRITABLE',
        },
      )
      assert.equal(readFileSync(file, 'utf8'), 'precious')
      assert.ok(!readdirSync(at()).some(name => name.includes('none')))
    })

    it('where a file is, and leaves no root key elsewhere: the next try, in another place, succeeds', async () => {
      const dir = at('in-the-way')
      const place = { file: at('stick.key'), passphrase: null }
      writeFileSync(dir, '')
      await assert.rejects(foundAuthority(dir, { swarm: 'north' }, place, START_MS), {
        code: 'AUTHORITY_UNWRITABLE',
      })
      assert.ok(!existsSync(place.file))
      await foundAuthority(at('out-of-the-way'), { swarm: 'north' }, place, START_MS)
      assert.ok(existsSync(place.file))
    })

    it('where nothing can be written', async () => {
      writeFileSync(at('file'), '')
      await assert.rejects(foundAuthority(at('file', 'ca'), { swarm: 'north' }, HERE, START_MS), {
        code: 'AUTHORITY_UNWRITABLE',
        message: /could not be written: E.*Choose a --dir and a --root-key that this user may write to/,
      })
    })
  })

  it('says where there is none', async () => {
    await assert.rejects(readAuthority(at('nowhere'), nowMs), {
      code: 'AUTHORITY_MISSING',
      message: /holds no authority\. Make one with skein ca init, or say where it is: --dir DIR/,
    })
  })

  describe('its registry', () => {
    it('is refused with any byte altered, and says where and what to do', async () => {
      const dir = await founded()
      const file = `${dir}/registry.ndjson`
      const good = readFileSync(file)
      const firstEnd = good.indexOf('\n')
      // Every seventh is enough to meet every field, and the credential.
      for (let i = 0; i < good.byteLength - 1; i += 7) {
        const altered = Buffer.from(good)
        altered[i] = (good[i] ?? 0) ^ 1
        writeFileSync(file, altered)
        await assert.rejects(
          readAuthority(dir, nowMs),
          {
            code: 'AUTHORITY_DAMAGED',
            message: new RegExp(
              `registry\\.ndjson:${i > firstEnd ? '[23]' : '1'}: the registry is damaged: .*Restore the file from a backup; nothing is issued meanwhile`,
            ),
          },
          `byte ${i}`,
        )
      }
    })

    it('is refused with its lines in another order, or one twice', async () => {
      const dir = await founded()
      const file = `${dir}/registry.ndjson`
      const [first, second] = readFileSync(file, 'utf8').trimEnd().split('\n')
      for (const lines of [
        [second, first],
        [first, first, second],
      ]) {
        writeFileSync(file, `${lines.join('\n')}\n`)
        await assert.rejects(readAuthority(dir, nowMs), { code: 'AUTHORITY_DAMAGED' })
      }
    })

    it('loses nothing that was handed out to a power cut, at whatever byte, and uses no serial twice', async () => {
      const dir = await founded()
      const file = `${dir}/registry.ndjson`
      const good = readFileSync(file)
      const firstEnd = good.indexOf('\n') + 1
      // The power went while the second line was written: that certificate never left.
      for (let length = firstEnd; length < good.byteLength; length += 23) {
        writeFileSync(file, good.subarray(0, length))
        assert.equal((await readAuthority(dir, nowMs)).issued.length, 1)
        assert.equal(await issue(dir, 'stork', 102), 2)
        const names = (await readAuthority(dir, nowMs)).issued.map(({ certificate }) => certificate.name)
        assert.deepEqual(names, ['heron', 'stork'])
      }
    })
  })

  for (const name of ['genesis.cbor', 'issuing-1.cbor', 'issuing-1.key']) {
    it(`is refused when ${name} was altered or is gone`, async () => {
      const dir = await founded()
      const good = readFileSync(`${dir}/${name}`)
      good[good.byteLength - 3] = (good.at(-3) ?? 0) ^ 1
      writeFileSync(`${dir}/${name}`, good)
      await assert.rejects(readAuthority(dir, nowMs), { code: 'AUTHORITY_DAMAGED', message: /backup/ })
      rmSync(`${dir}/${name}`)
      await assert.rejects(readAuthority(dir, nowMs), /AuthorityError/)
    })
  }

  describe('is worked on by one command at a time', () => {
    it('which is told who is at work', async () => {
      const dir = await founded()
      writeFileSync(`${dir}/lock`, `${process.pid}\n`)
      await assert.rejects(issue(dir, 'stork', 102), {
        code: 'AUTHORITY_BUSY',
        message: new RegExp(`process ${process.pid}\\) is at work.*remove .*lock`),
      })
    })

    it('and a lock left by one that was killed counts for nothing', async () => {
      const dir = await founded()
      const { pid } = spawnSync('true')
      writeFileSync(`${dir}/lock`, `${pid}\n`)
      assert.equal(await issue(dir, 'stork', 102), 3)
      assert.ok(!existsSync(`${dir}/lock`))
    })

    it('so that of many at once each has its own serial, or is told to try again', async () => {
      const dir = await founded()
      const tries = Array.from({ length: 12 }, (_, i) => issue(dir, `n-${i}`, 110 + i))
      const settled = await Promise.allSettled(tries)
      const serials = settled.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
      const refusals = settled.flatMap(result => (result.status === 'rejected' ? [result.reason.code] : []))
      assert.ok(serials.length >= 1)
      assert.equal(new Set(serials).size, serials.length)
      for (const code of refusals) assert.equal(code, 'AUTHORITY_BUSY')
      assert.equal((await readAuthority(dir, nowMs)).issued.length, 2 + serials.length)
    })
  })
})
