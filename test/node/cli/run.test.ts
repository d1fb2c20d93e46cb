import assert from 'node:assert/strict'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, skein, start } from './skein.ts'

/** Real nodes in processes of their own, started and asked as a user would. */
describe('cli: run', function () {
  this.timeout(60_000)
  let dir = ''
  const running = new Set<ChildProcessWithoutNullStreams>()
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'skein-run-'))
  })
  after(() => {
    for (const child of running) child.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  })

  const LOCAL = ['--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', '--set', 'eventLog.reserveMiB=0']

  /** Starts a node and waits for its banner. */
  async function up(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const child = start([...args, ...LOCAL], { env })
    running.add(child)
    child.once('exit', () => running.delete(child))
    let banner = ''
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
    for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      banner += String(chunk)
      if (/\nnext .*\n$/.test(banner)) break
    }
    return { child, banner, api: /^api +(\S+)/m.exec(banner)?.[1] ?? '', stderr: () => stderr }
  }

  async function down(child: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): Promise<number | null> {
    const exit = once(child, 'exit')
    child.kill(signal)
    return (await exit)[0]
  }

  it('lives a whole life: banner, answers, refusals, a clean end, and a log that verifies', async () => {
    const data = join(dir, 'heron')
    const args = ['run', '--data-dir', data, '--name', 'heron', '--api', '0', '--vehicle', 'simulated']
    const node = await up(args)
    assert.match(
      node.banner,
      /^skein \S+ +heron, drone of swarm default, vehicle simulated\nagent .*\nlisten +\/ip4\/127\.0\.0\.1\/tcp\/\d+\napi .*\ndata .*\nnext .*\n$/,
    )

    const second = ['run', '--data-dir', join(dir, 'second'), ...LOCAL]
    const [status, verified, exported, sameData, samePort] = await Promise.all([
      skein(['status', '-o', 'json', '--api', node.api]),
      skein(['log', 'verify', '-o', 'json', '--api', node.api]),
      skein(['log', 'export', '--api', node.api]),
      skein([...args, ...LOCAL]),
      skein([...second, '--api', new URL(node.api).port]),
    ])
    assert.equal(JSON.parse(status.stdout).name, 'heron')
    const live = JSON.parse(verified.stdout)
    assert.equal(live.ok, true, verified.stdout)
    assert.ok(live.batches >= 1)
    assert.equal(live.author, JSON.parse(status.stdout).agent)
    assert.equal(verified.code, 0)
    await assertVerifiable(exported)
    assertEnded(
      sameData,
      75,
      /is in use by process \d+\. Stop that one first, or give this node its own --data-dir/,
    )
    assertEnded(samePort, 75, /--api: api\.port: 127\.0\.0\.1 port \d+ is taken/)

    assert.equal(await down(node.child, 'SIGTERM'), 0, node.stderr())
    const whole = await skein(['log', 'verify', '--data-dir', data, '-o', 'json'])
    const verdict = JSON.parse(whole.stdout)
    assert.equal(verdict.ok, true, whole.stdout)
    assert.ok(verdict.batches >= 1)

    await assertVerifiable(await skein(['log', 'export', '--data-dir', data]))
  })

  it('ends as soon as it has stopped, with its last words said', async () => {
    // Node tells of it when a process has run out of things to wait for; not when it is ended.
    const script = encodeURIComponent(`process.on('beforeExit', () => console.error('it waited'))`)
    const args = ['run', '--data-dir', join(dir, 'prompt'), '--api', '0', '--log-level', 'debug']
    const node = await up(args, { NODE_OPTIONS: `--import=data:text/javascript,${script}` })
    const closed = once(node.child, 'close')
    node.child.kill('SIGTERM')
    assert.deepEqual(await closed, [0, null], node.stderr())
    assert.match(node.stderr(), /"msg":"libp2p has stopped"\}\n$/)
  })

  it('starts a relay, of which the second signal ends the process at once', async () => {
    const { child, banner, stderr } = await up(['relay', '--data-dir', join(dir, 'relay'), '--api', '0'])
    assert.match(banner, /, relay of swarm default, vehicle none\n/)
    const exit = once(child, 'exit')
    child.kill('SIGINT')
    child.kill('SIGTERM')
    const [code, signal] = await exit
    // Between the two signals the node may already be gone.
    assert.ok(code === 1 || code === 0, `${code} ${signal} ${stderr()}`)
  })

  it('refuses an identity that is corrupt, and a directory of a newer version', async () => {
    const corrupt = join(dir, 'corrupt')
    const newer = join(dir, 'newer')
    await Promise.all([corrupt, newer].map(data => skein(['init', '--data-dir', data])))
    writeFileSync(join(corrupt, 'identity.key'), readFileSync(join(corrupt, 'identity.key')).subarray(0, 20))
    writeFileSync(join(newer, 'version'), 'skein data directory 99\n')
    const [a, b] = await Promise.all(
      [corrupt, newer].map(data => skein(['run', '--data-dir', data, '--api', '0', ...LOCAL])),
    )
    assertEnded(
      a,
      78,
      /^error: .*identity\.key: the identity is damaged: it is cut short \(20 of 68 bytes\)\. Restore/,
    )
    assertEnded(b, 78, /was written by a newer Skein \(data version 99/)
  })

  it('takes the next free port where nobody chose one', async () => {
    const taken = createServer()
    const usual = await new Promise<boolean>(resolve => {
      taken.once('error', () => resolve(false))
      taken.listen(4780, '127.0.0.1', () => resolve(true))
    })
    try {
      const { child, api } = await up(['run', '--data-dir', join(dir, 'third')])
      assert.ok(Number(new URL(api).port) > 4780, api)
      assert.equal(await down(child, 'SIGINT'), 0)
    } finally {
      if (usual) taken.close()
    }
  })

  it('lets two that start at once, and both see the same port free, each have one', async () => {
    const both = await Promise.all(
      ['left', 'right'].map(name => up(['run', '--data-dir', join(dir, name), '--name', name])),
    )
    assert.equal(new Set(both.map(({ api }) => api)).size, 2)
    const listens = both.map(({ banner }) => /^ *listen +(.*)$/m.exec(banner)?.[1])
    assert.equal(new Set(listens).size, 2, listens.join())
    for (const { child } of both) assert.equal(await down(child, 'SIGINT'), 0)
  })

  /** An export is whole, and is not once a fact, a signature or its author is another. */
  async function assertVerifiable({ code, stdout }: Ended): Promise<void> {
    assert.equal(code, 0)
    const other = ['--agent', '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5']
    const forged = stdout.replace(/"signature":"(.)/, (_, c) => `"signature":"${c === 'A' ? 'B' : 'A'}`)
    const [good, altered, unsigned, foreign] = await Promise.all([
      skein(['log', 'verify', '-'], { input: stdout }),
      skein(['log', 'verify', '-'], { input: stdout.replace('"heron"', '"heran"') }),
      skein(['log', 'verify', '-'], { input: forged }),
      skein(['log', 'verify', '-', ...other], { input: stdout }),
    ])
    assert.equal(good.code, 0, good.stdout)
    assert.match(altered.stdout, /DAMAGED\n(.*\n)*fault +checksum: event 1 has another hash/)
    assert.match(unsigned.stdout, /DAMAGED\n(.*\n)*fault +signature: /)
    assert.match(foreign.stdout, /fault +author: no key is known for/)
    for (const bad of [altered, unsigned, foreign]) assert.equal(bad.code, 1)
  }

  function assertEnded(ended: Ended | undefined, code: number, stderr: RegExp): void {
    const message = ended?.stderr.split('\n').find(line => line.startsWith('error: ')) ?? ''
    assert.match(message, stderr)
    assert.equal(ended?.code, code)
  }
})
