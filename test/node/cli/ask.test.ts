import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Served, serve } from '../api/harness.ts'
import { type Ended, skein, start } from './skein.ts'

/** The commands that ask a running node: a real API with a node of memory behind it. */
describe('cli: asking a node', () => {
  let served: Served
  before(async () => {
    served = await serve()
    for (const type of ['node.started', 'peer.joined', 'peer.left']) served.node.append(type, { n: 1 })
  })
  after(() => served[Symbol.asyncDispose]())

  const ask = (line: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    skein(line.split(' '), { env: { SKEIN_API: String(served.api.port), ...env } })

  it('status: facts and checks for people, ends with 0 while all checks pass', async () => {
    const { code, stdout, stderr } = await ask('status')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^node +drone-1 {2}drone of swarm test/)
    assert.match(stdout, /\nok +storage: writes take 2 ms\n/)
    assert.match(stdout, /\npeers +1 connected, 1 known\n/)
  })

  it('status: ends with 1 when a check fails, and says which', async () => {
    const { checks } = served.node
    served.node.checks = [{ name: 'storage', ok: false, detail: 'disk full' }]
    try {
      const { code, stdout } = await ask('status')
      assert.equal(code, 1)
      assert.match(stdout, /\nFAIL +storage: disk full\n/)
    } finally {
      served.node.checks = checks
    }
  })

  it('peers and neighbors: tables, JSON and one record a line', async () => {
    const [table, json, ndjson, near] = await Promise.all([
      ask('peers'),
      ask('peers -o json'),
      ask('neighbors -o ndjson'),
      ask('neighbors --within 0.001 -o json'),
    ])
    assert.match(table.stdout, /^NAME +AGENT +ROLE +STATE +PATH/)
    assert.equal(table.stdout.trimEnd().split('\n').length, 2)
    assert.deepEqual(JSON.parse(json.stdout), JSON.parse(JSON.stringify(served.node.peers())))
    assert.deepEqual(JSON.parse(ndjson.stdout), JSON.parse(JSON.stringify(served.node.neighbors()[0])))
    assert.deepEqual(JSON.parse(near.stdout), [])
  })

  it('log show: all, some, and of some types', async () => {
    const [all, some] = await Promise.all([ask('log show'), ask('log show --from 2 --types peer.* -o json')])
    assert.equal(all.stdout.trimEnd().split('\n').length, 3)
    assert.match(all.stdout, /^ +1 {2}\S+Z {2}node\.started +- +\{"n":1\}\n/)
    assert.deepEqual(
      (JSON.parse(some.stdout) as { type: string }[]).map(({ type }) => type),
      ['peer.joined', 'peer.left'],
    )
  })

  it('log verify: an event whose hash is not its own is found', async () => {
    // The node of memory makes its hashes up.
    const { code, stdout } = await ask('log verify -o ndjson')
    assert.equal(code, 1)
    const verdict = JSON.parse(stdout)
    assert.equal(verdict.ok, false)
    assert.equal(verdict.faults[0].fault, 'checksum')
    assert.equal(verdict.faults[0].first, 1)
  })

  it('log export: a long log as a whole to a reader that takes its time', async () => {
    await using long = await serve()
    for (let i = 0; i < 2_000; i++) long.node.append('tick', { filler: 'x'.repeat(100) })
    const child = start(['log', 'export', '--from', '11'], { env: { SKEIN_API: String(long.api.port) } })
    await new Promise(resolve => setTimeout(resolve, 600))
    const lines = (await text(child.stdout)).trimEnd().split('\n')
    assert.equal(lines.length, 1_991)
    assert.deepEqual(
      [lines[0], lines.at(-1)].map(line => JSON.parse(line ?? '').seq ?? JSON.parse(line ?? '').last),
      [11, 2_000],
    )
  })

  it('log tail: the last ones, then what comes, until Ctrl-C', async () => {
    const child = start(['log', 'tail', '-n', '1', '-o', 'ndjson'], {
      env: { SKEIN_API: String(served.api.port) },
    })
    const seen: string[] = []
    const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      const types = String(chunk)
        .trimEnd()
        .split('\n')
        .map(line => (JSON.parse(line) as { type: string }).type)
      seen.push(...types)
      if (seen.length === 1) served.node.append('vehicle.landed')
      else child.kill('SIGINT')
    }
    assert.equal(await ended, 0)
    assert.deepEqual(seen, ['peer.left', 'vehicle.landed'])
    served.node.events.pop()
  })

  it('--watch: again and again, until Ctrl-C', async () => {
    const child = start(['neighbors', '--watch', '0.1', '-o', 'ndjson'], {
      env: { SKEIN_API: String(served.api.port) },
    })
    const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
    let looks = 0
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      looks += String(chunk).trimEnd().split('\n').length
      if (looks >= 3) child.kill('SIGINT')
    }
    assert.equal(await ended, 0)
    assert.ok(looks >= 3)
  })

  it('a token is read from its file, and its lack is a matter of permission', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'skein-ask-'))
    const token = 'f3b1c9d27a5e48f0b6d4'
    writeFileSync(join(dir, 'token'), `${token}\n`, { mode: 0o600 })
    const guarded = await serve({ token })
    try {
      const env = { SKEIN_API: guarded.api.url }
      const [without, withToken] = await Promise.all([
        ask('peers', env),
        ask('peers', { ...env, SKEIN_API__TOKEN_FILE: join(dir, 'token') }),
      ])
      assert.equal(without.code, 77)
      assert.match(without.stderr, /^error: .*token/i)
      assert.equal(withToken.code, 0, withToken.stderr)
    } finally {
      await guarded[Symbol.asyncDispose]()
      rmSync(dir, { recursive: true })
    }
  })
})
