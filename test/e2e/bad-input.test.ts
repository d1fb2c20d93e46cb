import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EXIT } from '../../node/cli/exit-codes.ts'
import { early } from './helpers/early.ts'
import { eventually } from './helpers/eventually.ts'
import { Lab } from './helpers/lab.ts'
import { metricOf } from './helpers/metrics.ts'
import type { NodeProcess } from './helpers/node-process.ts'
import { hovering, pointsOf } from './helpers/places.ts'

/** Long enough for a node that does not back off to dial a peer that refused it twenty times. */
const BACKED_OFF_S = 10

/** Two nodes of two swarms of which one was told to dial the other, some time after. */
const twoSwarms = early(async () => {
  await using lab = await Lab.open()
  const ours = await lab.node('ours', { vehicle: hovering(0) })
  const swarm = `${lab.swarm}-other`
  const other = await lab.node('other', { swarm, bootstrap: [...ours.listen], vehicle: hovering(1) })
  await eventually('it was refused', () => assert.match(ours.log, /peer refused/))
  await sleep(BACKED_OFF_S * 1000)
  const sum = async (of: (node: NodeProcess) => Promise<number>) => (await of(ours)) + (await of(other))
  return {
    logs: [ours.log, other.log],
    listed: (await other.client.peers()).find(({ agent }) => agent === ours.agent),
    refusals: ours.log.split('\n').filter(line => line.includes('peer refused')).length,
    neighbors: await sum(async ({ client }) => (await client.neighbors()).length),
    connected: await sum(async ({ client }) => (await client.status()).peers.connected),
    gossiped: await sum(({ client }) => metricOf(client, 'skein_gossip_messages_total')),
    synced: await sum(({ client }) => metricOf(client, 'skein_sync_bytes_total')),
  }
})

describe('e2e: what a user can get wrong', function () {
  this.timeout(120_000)
  let lab: Lab
  let node: NodeProcess

  before(async () => {
    lab = await Lab.open()
    node = await lab.node('node', { vehicle: hovering(0) })
  })

  after(() => lab[Symbol.asyncDispose]())

  /** `skein run` with what must not work; gives its code and last words. */
  async function runInVain(dataDir: string, ...args: readonly string[]) {
    const local = [
      '--no-mdns',
      '--listen',
      '/ip4/127.0.0.1/tcp/0',
      '--swarm',
      lab.swarm,
      '--set',
      'eventLog.reserveMiB=1',
    ]
    const api = args.includes('--api') ? [] : ['--api', '0']
    const { code, stdout, stderr } = await lab.skein('run', '--data-dir', dataDir, ...local, ...api, ...args)
    const said = stderr.split('\n').find(line => line.startsWith('error: ')) ?? stderr
    assert.doesNotMatch(stdout, /^agent/m, 'it must not have come up')
    return { code, said }
  }

  it('a data directory that another node uses', async () => {
    const { dataDir } = node.plan
    const { code, said } = await runInVain(dataDir)
    assert.equal(
      said,
      `error: ${dataDir}: is in use by process ${node.pid}. Stop that one first, or give this node its own --data-dir`,
    )
    assert.equal(code, EXIT.retryLater)
    assert.equal((await node.client.status()).log.health, 'whole')
  })

  it('a data directory of a newer version', async () => {
    const dataDir = await usedDataDir('newer')
    await writeFile(join(dataDir, 'version'), 'skein data directory 3\n')
    const { code, said } = await runInVain(dataDir)
    assert.equal(
      said,
      `error: ${dataDir}: was written by a newer Skein (data version 3, this program knows 2). ` +
        'Start the newer program, or choose another --data-dir; nothing was changed',
    )
    assert.equal(code, EXIT.config)
  })

  it('an identity with one bit flipped', async () => {
    const dataDir = await usedDataDir('corrupt')
    const file = join(dataDir, 'identity.key')
    const bytes = await readFile(file)
    bytes[20] = (bytes[20] ?? 0) ^ 1
    await writeFile(file, bytes)
    const { code, said } = await runInVain(dataDir)
    assert.equal(
      said,
      `error: ${file}: the identity is damaged: its public half does not belong to its private half. ` +
        'Restore it from a backup; or move it away and run skein init, which makes a new agent',
    )
    assert.equal(code, EXIT.config)
    assert.deepEqual(await readFile(file), bytes)
  })

  it('an API port that is taken, given by name', async () => {
    const { port } = new URL(node.url)
    const { code, said } = await runInVain(join(lab.dir, 'port'), '--api', port)
    assert.match(
      said,
      new RegExp(`^error: --api: api\\.port: 127\\.0\\.0\\.1 port ${port} is taken.*0 = any free one`),
    )
    assert.equal(code, EXIT.retryLater)
  })

  it('an address to listen on that is taken', async () => {
    const taken = node.listen[0]?.replace(/\/p2p\/.*/, '') ?? ''
    const { code, said } = await runInVain(join(lab.dir, 'listen'), '--listen', taken)
    assert.match(said, /^error: --listen: listen: 127\.0\.0\.1 port \d+ is taken/)
    assert.equal(code, EXIT.retryLater)
  })

  it('a peer of another swarm: both logs say why, nothing is exchanged, and it backs off', async () => {
    const { logs, listed, refusals, neighbors, connected, gossiped, synced } = await twoSwarms()
    const why = /of swarm '[^']+', we are of '[^']+': check the swarm setting/
    for (const log of logs) assert.match(log, why)
    assert.equal(listed?.state, 'refused')
    assert.match(listed.why ?? '', why)
    assert.ok(refusals <= 4, `it was refused ${refusals} times in ${BACKED_OFF_S} s`)
    assert.deepEqual(
      { neighbors, connected, gossiped, synced },
      { neighbors: 0, connected: 0, gossiped: 0, synced: 0 },
    )
  })

  it('an API reader that does not read: nobody else notices', async () => {
    const neighbor = await lab.node('neighbor', { bootstrap: [...node.listen], vehicle: hovering(2) })
    const { port } = new URL(node.url)
    const sockets = ['map/stream?hz=10', 'map/stream?hz=10', 'events?since=0', 'log'].map(path =>
      deafReader(Number(port), path),
    )
    try {
      await eventually('they are served', async () =>
        assert.equal(await metricOf(node.client, 'skein_stream_clients{stream="map"}'), 2),
      )
      await eventually('the drones see each other', async () => {
        assert.deepEqual(await pointsOf(node), [neighbor.agent])
        assert.deepEqual(await pointsOf(neighbor), [node.agent])
      })
      const { seq } = (await node.client.status()).log
      for await (const event of node.client.events({ since: 0 })) if (event.seq >= seq) break
    } finally {
      for (const socket of sockets) socket.destroy()
    }
    await eventually('they are forgotten', async () =>
      assert.equal(await metricOf(node.client, 'skein_stream_clients'), 0),
    )
  })

  /** The directory of a node that ran and was stopped. */
  async function usedDataDir(name: string): Promise<string> {
    const { plan } = await lab.node(name).then(async used => {
      assert.equal(await used.stop(), 0)
      return used
    })
    return plan.dataDir
  }
})

/** Asks for a stream and never reads a byte of it. */
function deafReader(port: number, path: string): Socket {
  const socket = connect({ host: '127.0.0.1', port }).on('error', () => {})
  socket.pause()
  socket.write(`GET /api/v1/${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
  return socket
}
