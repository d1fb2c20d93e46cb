import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '../../../node/client/client.ts'
import { tempDirs } from '../store/temp-dir.ts'
import { json, problem, raw, serve, until } from './harness.ts'

describe('HTTP API: a unix socket', () => {
  const tempDir = tempDirs()

  it('is open to this user only, serves all there is, and is gone when the node stops', async () => {
    const socket = join(await tempDir(), 'skein.sock')
    {
      await using served = await serve({ socket })
      assert.equal(served.api.url, `unix:${socket}`)
      assert.equal((await stat(socket)).mode & 0o777, 0o600)
      assert.equal((await raw(served.api, '/api/v1/status')).status, 200)
      const refused = await raw(served.api, '/api/v1/status', { headers: { host: 'evil.example' } })
      assert.equal(problem(refused).code, 'unknown-host')
      await raw(served.api, '/api/v1/position', json({}))
      const [first] = served.node.events.slice(-1)
      assert.deepEqual([first?.event.data.remote, first?.event.data.scope], ['unix', 'admin'])
    }
    assert.equal(existsSync(socket), false)
  })

  it('wants a token when told to', async () => {
    const socket = join(await tempDir(), 'skein.sock')
    await using closed = await serve({ socket, open: 'none', token: 'c0ffee'.repeat(6) })
    assert.equal((await raw(closed.api, '/api/v1/status')).status, 401)
    const client = createClient({ url: closed.api.url, token: 'c0ffee'.repeat(6) })
    assert.equal((await client.status()).name, 'drone-1')
  })

  it('is asked by the client like any other API: answers, problems, streams that end', async () => {
    const socket = join(await tempDir(), 'skein.sock')
    await using served = await serve({ socket })
    const client = createClient({ url: served.api.url })
    assert.equal((await client.status()).name, 'drone-1')
    assert.equal((await client.readiness()).ready, true)
    await assert.rejects(client.log({ from: 0 })[Symbol.asyncIterator]().next(), { code: 'invalid-query' })
    const abort = new AbortController()
    const seen: string[] = []
    const following = (async () => {
      for await (const { type } of client.events({ signal: abort.signal })) seen.push(type)
    })()
    await until(() => served.node.listeners === 1)
    served.node.append('tick')
    await until(() => seen.length === 1)
    abort.abort()
    await following
    await until(() => served.node.listeners === 0)
    assert.deepEqual(seen, ['tick'])
  })

  it('takes the place of one whose process was killed', async () => {
    const socket = join(await tempDir(), 'skein.sock')
    const script = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => console.log('up'))`
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    await assert.rejects(serve({ socket }), {
      code: 'socket-taken',
      message: /Somebody listens on .*skein\.sock/,
    })
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.ok(existsSync(socket), 'it left its file behind')
    const dead = createClient({ url: `unix:${socket}` })
    await assert.rejects(dead.status(), {
      code: 'unreachable',
      message: /nobody listens on this socket any more/,
    })
    await using served = await serve({ socket })
    assert.equal((await raw(served.api, '/livez')).status, 200)
  })

  it('never replaces what is no socket of ours', async () => {
    const dir = await tempDir()
    const file = join(dir, 'notes.txt')
    await writeFile(file, 'precious')
    await assert.rejects(serve({ socket: file }), {
      code: 'address-unavailable',
      message: /which is no socket/,
    })
    await symlink(file, join(dir, 'link'))
    await assert.rejects(serve({ socket: join(dir, 'link') }), { message: /which is no socket/ })
    assert.equal((await stat(file)).size, 8)
    await assert.rejects(serve({ socket: join(dir, 'none', 'x.sock') }), {
      message: /its directory is not there, or this user may not/,
    })
    await assert.rejects(serve({ socket: join(dir, 'x'.repeat(120)) }), {
      message: /path is longer than \d+ bytes/,
    })
  })

  it('that is not there is told from one that is no socket', async () => {
    const dir = await tempDir()
    await assert.rejects(createClient({ url: `unix:${dir}/none` }).status(), {
      code: 'unreachable',
      message: /No answer from unix:.*none: there is no such socket \(ENOENT\)\. Is a node running/,
    })
  })
})
