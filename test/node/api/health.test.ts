import assert from 'node:assert/strict'
import { raw, serve } from './harness.ts'

describe('HTTP API: health', () => {
  it('is alive', async () => {
    await using served = await serve()
    const answer = await raw(served.api, '/livez')
    assert.deepEqual([answer.status, answer.text], [200, 'alive\n'])
  })

  it('is ready when every check passes, and lists them when asked', async () => {
    await using served = await serve()
    assert.equal((await raw(served.api, '/readyz')).text, 'ready\n')
    assert.equal((await raw(served.api, '/readyz?verbose')).text, 'ok   storage: writes take 2 ms\nready\n')
  })

  it('names the failed checks in a 503, also when not asked', async () => {
    await using served = await serve()
    served.node.checks = [
      { name: 'storage', ok: true, detail: 'writes take 2 ms' },
      { name: 'clock', ok: false, detail: 'off by 4 s: set the time' },
    ]
    const answer = await raw(served.api, '/readyz')
    assert.deepEqual([answer.status, answer.text], [503, 'FAIL clock: off by 4 s: set the time\nnot ready\n'])
    const verbose = await raw(served.api, '/readyz?verbose=1')
    assert.equal(verbose.text.split('\n').length, 4)
  })

  it('serves the node’s metrics as Prometheus text', async () => {
    await using served = await serve()
    const answer = await raw(served.api, '/metrics')
    assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
    assert.equal(answer.text, 'skein_ready 1\n')
  })
})
