import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../../../node/store/index.ts'
import { keyOf } from '../../../src/eventlog/keys.ts'
import { skein, start } from './skein.ts'

/** A node starts, writes and stops. */
async function fly(args: readonly string[]): Promise<void> {
  const local = ['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--api', '0', '--vehicle', 'none']
  const child = start(['run', ...args, ...local, '--set', 'eventLog.reserveMiB=0', '--log-level', 'warn'])
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  let said = ''
  child.stderr.on('data', text => (said += text))
  child.stdout.setEncoding('utf8').on('data', text => text.includes('next') && child.kill('SIGTERM'))
  assert.equal(await ended, 0, said)
}

describe('cli: data', function () {
  this.timeout(60_000)
  let dir = ''
  const at = (name: string): string => join(dir, name)
  const keyFile = (name: string): string => {
    writeFileSync(at(name), `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 })
    return at(name)
  }
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'skein-data-cli-'))
  })
  after(() => rmSync(dir, { recursive: true }))

  async function ends(code: number, args: readonly string[]): Promise<string> {
    const { code: was, stdout, stderr } = await skein(args)
    assert.equal(was, code, `${stdout}${stderr}`)
    return stdout + stderr
  }

  it('takes a node from plain to encrypted, to another key, and back', async () => {
    const [first, second] = [keyFile('first'), keyFile('second')]
    const data = ['--data-dir', at('heron')]
    const by = (file: string) => [...data, '--set', `dataKey.file=${file}`]
    await fly(data)
    const agent = (await ends(0, ['log', 'verify', ...data])).match(/12D3Koo\w+/)?.[0] ?? 'none'

    assert.match(await ends(78, ['run', ...by(first)]), /is not encrypted.*Run: skein data encrypt/)
    assert.match(await ends(78, ['data', 'encrypt', ...data]), /Set dataKey\.file or dataKey\.command/)
    assert.match(await ends(0, ['data', 'encrypt', ...by(first)]), /heron is encrypted now\n/)
    assert.match(await ends(0, ['data', 'encrypt', ...by(first)]), /heron was encrypted before\n/)
    assert.ok(!existsSync(at('heron/identity.key')))

    assert.match(await ends(78, ['run', ...data]), /is encrypted, and no key for it is configured/)
    assert.match(await ends(78, ['init', ...data]), /is encrypted, and no key for it is configured/)
    assert.match(await ends(77, ['run', ...by(second)]), /the key from .*second does not open it/)
    await fly(by(first))
    writeFileSync(at('heron.yaml'), `dataKey: { file: ${first} }\n`)
    const verified = await ends(0, ['log', 'verify', ...data, '-c', at('heron.yaml')])
    assert.ok(verified.includes(agent) && /log +whole/.test(verified), verified)
    assert.match(await ends(78, ['log', 'show', ...data]), /no key for it is configured/)
    assert.match(await ends(0, ['log', 'show', ...data, '-c', at('heron.yaml')]), /node\.start/)

    const rekey = ['data', 'rekey', ...by(first), '--new-key-command', `cat,${second}`]
    assert.match(await ends(0, rekey), /heron opens with command cat from now on\n/)
    assert.match(await ends(2, ['data', 'rekey', ...by(first)]), /give --new-key-file or --new-key-command/)
    await ends(77, ['run', ...by(first)])
    await fly([...data, '--set', `dataKey.command=cat,${second}`])

    assert.match(await ends(0, ['data', 'decrypt', ...by(second)]), /heron is in plain now\n/)
    assert.match(await ends(78, ['run', ...by(second)]), /is not encrypted/)
    await fly(data)
    assert.ok((await ends(0, ['log', 'verify', ...data])).includes(agent))
  })

  it('makes a new node that never writes a secret in plain', async () => {
    const key = ['--set', `dataKey.file=${keyFile('new')}`]
    await ends(0, ['init', '--data-dir', at('egret'), ...key])
    assert.match(readFileSync(at('egret/config.yaml'), 'utf8'), /^dataKey:\n(.*\n)*? {2}file: .*new$/m)
    await fly(['--config', at('egret/config.yaml')])
    assert.deepEqual(
      (await readdir(at('egret'))).filter(name => /^(log|identity)/.test(name)),
      [],
    )
    await ends(0, ['log', 'verify', '--data-dir', at('egret'), '-c', at('egret/config.yaml')])
  })

  it('loses nothing when it is killed at any moment', async () => {
    const key = keyFile('kept')
    const source = { file: key, command: [] }
    const store = await openStore(at('whole'), { reserveBytes: 0 })
    for (let n = 0; n < 20_000; n += 1_000) {
      const ops = Array.from({ length: 1_000 }, (_, i) => keyOf('event', n + i))
      await store.write(
        ops.map(at => ({ type: 'put', key: at, value: randomBytes(200) })),
        false,
      )
    }
    await store.close()
    const { unlockData } = await import('../../../node/store/sealed/unlock.ts')
    const { readLayout } = await import('../../../node/store/layout.ts')
    const ended = new Set<string>()
    for (let round = 0; round < 8; round++) {
      const data = at(`killed-${round}`)
      await cp(at('whole'), data, { recursive: true })
      const child = start(['data', 'encrypt', '--data-dir', data, '--set', `dataKey.file=${key}`])
      const closed = new Promise(resolve => child.once('close', resolve))
      while (!existsSync(join(data, 'sealed'))) await sleep(1)
      await sleep(round * 40)
      child.kill('SIGKILL')
      await closed
      const isSealed = (await readLayout(data)) === 'sealed'
      ended.add(isSealed ? 'sealed' : 'plain')
      const dataKey = isSealed ? await unlockData(data, source) : null
      const left = await openStore(data, { reserveBytes: 0, key: dataKey })
      let entries = 0
      const range = { gte: keyOf('event', 0), lt: keyOf('event', 20_000) }
      for await (const chunk of left.iterate(range))
        entries += chunk.filter(([, { byteLength }]) => byteLength === 200).length
      await left.close()
      assert.equal(entries, 20_000)
    }
    assert.ok(ended.has('plain'))
  })
})
