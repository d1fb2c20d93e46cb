import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { skein, start } from './skein.ts'

/** A node on a unix socket, through the real executable. */
describe('cli: a unix socket', function () {
  this.timeout(60_000)
  let dir = ''
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'skein-socket-'))
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  it('is served and asked, taken over after a kill, and gone after a stop', async () => {
    const at = `unix:${join(dir, 'skein.sock')}`
    const up = async () => {
      const args = ['run', '--api', at, '--data-dir', join(dir, 'data'), '--no-mdns', '--vehicle', 'http']
      const local = ['--listen', '/ip4/127.0.0.1/tcp/0', '--set', 'eventLog.reserveMiB=0']
      const child = start([...args, ...local])
      let banner = ''
      child.stdout.setEncoding('utf8')
      while (!/\nnext .*\n$/.test(banner)) banner += (await once(child.stdout, 'data'))[0]
      return { child, banner }
    }
    const first = await up()
    assert.ok(first.banner.includes(`skein status --api ${at}`), 'what to run next works as it stands')
    assert.equal(statSync(join(dir, 'skein.sock')).mode & 0o777, 0o600)
    const status = await skein(['status', '-o', 'json', '--api', at])
    assert.equal(JSON.parse(status.stdout).api, at, status.stderr)
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')

    const nobody = await skein(['status', '--api', at])
    assert.equal(nobody.code, 69)
    assert.match(nobody.stderr, /nobody listens on this socket any more/)

    const second = await up()
    const peers = await skein(['peers', '-o', 'json'], { env: { SKEIN_API: at } })
    assert.deepEqual(JSON.parse(peers.stdout), [], peers.stderr)
    second.child.kill('SIGTERM')
    assert.deepEqual(await once(second.child, 'exit'), [0, null])
    assert.equal(existsSync(join(dir, 'skein.sock')), false)
  })
})
