import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { raw, serve } from './harness.ts'

async function holdPort(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      await new Promise(resolve => server.close(resolve))
    },
  }
}

describe('HTTP API: start and end', () => {
  it('takes the next free port, and says which', async () => {
    await using held = await holdPort()
    await using served = await serve({ port: held.port })
    assert.ok(served.api.port > held.port)
    assert.equal(served.api.url, `http://127.0.0.1:${served.api.port}`)
  })

  it('fails on a taken port when it must be that one', async () => {
    await using held = await holdPort()
    await assert.rejects(serve({ port: held.port, strictPort: true }), {
      code: 'port-taken',
      message: new RegExp(`Port ${held.port} of 127.0.0.1 is taken by another program`),
    })
  })

  it('fails on an address that is not ours', async () => {
    await assert.rejects(serve({ host: '192.0.2.1', token: 'x'.repeat(32) }), {
      code: 'address-unavailable',
      message: /cannot listen on 192\.0\.2\.1:0: no network interface of this machine has that address/,
    })
  })

  it('ends open streams when it closes, leaves nothing listening, and can be closed twice', async () => {
    const served = await serve()
    const streams = ['/api/v1/events', '/api/v1/map/stream?hz=1'].map(path => raw(served.api, path))
    while (served.node.listeners === 0 || served.node.framesMade === 0)
      await new Promise(resolve => setTimeout(resolve, 5))
    await Promise.all([served.api.close(), served[Symbol.asyncDispose]()])
    for (const { status } of await Promise.all(streams)) assert.equal(status, 200)
    assert.equal(served.node.listeners, 0)
    await assert.rejects(raw(served.api, '/livez'), { code: 'ECONNREFUSED' })
  })
})
