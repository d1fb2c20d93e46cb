import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { early } from './helpers/early.ts'
import { eventually } from './helpers/eventually.ts'
import { logOf } from './helpers/http-vehicle.ts'
import { Lab } from './helpers/lab.ts'
import { metricOf, penaltiesOf } from './helpers/metrics.ts'
import type { NodeProcess } from './helpers/node-process.ts'
import { hovering, others, pointsOf } from './helpers/places.ts'

/** Longer than every timeout of the link, the gossip and TCP's patience with an unread socket. */
const PAUSE_S = 25
const HOUR_S = 3_600

/** Four drones that know each other. `env`: of the last of them. */
async function fourDrones(
  lab: Lab,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly NodeProcess[]> {
  const first = await lab.node('drone-0', { vehicle: hovering(0) })
  const bootstrap = [...first.listen]
  const rest = [1, 2, 3].map(i =>
    lab.node(`drone-${i}`, { bootstrap, vehicle: hovering(i) }, i === 3 ? { env } : {}),
  )
  return [first, ...(await Promise.all(rest))]
}

async function allSeeAll(drones: readonly NodeProcess[]): Promise<void> {
  await eventually('everyone takes everyone to be at a point', async () => {
    for (const drone of drones) assert.deepEqual(await pointsOf(drone), others(drones, drone))
  })
}

/** Open files of a process, sockets among them: what piles up when connections do. */
function openFilesOf({ pid }: NodeProcess): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

async function verifyLog(lab: Lab, { plan }: NodeProcess): Promise<void> {
  const verdict = await lab.skein('log', 'verify', '--data-dir', plan.dataDir, '-o', 'ndjson')
  assert.equal(verdict.code, 0, verdict.stdout + verdict.stderr)
}

/** Four drones of which one stood still for a while, as they are right after it goes on. */
const afterPause = early(async () => {
  const lab = await Lab.open()
  try {
    const drones = await fourDrones(lab)
    const paused = drones.at(-1) ?? assert.fail()
    await allSeeAll(drones)
    await allConnected(drones)
    const filesBefore = drones.map(openFilesOf)
    paused.pause()
    await Promise.all([sleep(PAUSE_S * 1000), givenUp(drones, paused)])
    paused.resume()
    return { lab, drones, paused, filesBefore }
  } catch (error) {
    await lab[Symbol.asyncDispose]()
    throw error
  }
})

async function allConnected(drones: readonly NodeProcess[]): Promise<void> {
  await eventually('all are connected to all', async () => {
    for (const { client } of drones) assert.equal((await client.status()).peers.connected, drones.length - 1)
  })
}

async function givenUp(drones: readonly NodeProcess[], paused: NodeProcess): Promise<void> {
  await eventually('the others have given it up', async () => {
    for (const { client } of drones.filter(drone => drone !== paused)) {
      const peer = (await client.peers()).find(({ agent }) => agent === paused.agent)
      assert.equal(peer?.state, 'failed')
      const neighbor = (await client.neighbors()).find(({ agent }) => agent === paused.agent)
      assert.equal(neighbor?.belief, 'volume')
    }
  })
}

describe('e2e: a process that stands still for 25 s', function () {
  this.timeout(240_000)
  let lab: Lab | undefined
  let drones: readonly NodeProcess[]
  let paused: NodeProcess
  let filesBefore: readonly number[]

  before(async () => {
    ;({ lab, drones, paused, filesBefore } = await afterPause())
  })

  after(() => lab?.[Symbol.asyncDispose]())

  it('was given up by the others, and is back when it goes on', async () => {
    await allSeeAll(drones)
    await allConnected(drones)
    assert.equal((await paused.client.status()).boot, 1)
  })

  it('leaves no connection behind', async () => {
    await eventually('there are no more open files than before', () => {
      // Two more than before are a reader of the API and a file of the log.
      const grown = drones.map((drone, i) => openFilesOf(drone) - (filesBefore[i] ?? 0))
      assert.ok(
        grown.every(more => more <= 2),
        `more open files than before: ${grown}`,
      )
    })
  })

  it('trusts its clock and is ready', async () => {
    await eventually('its clock is trusted and it is ready', async () => {
      const { clock } = await paused.client.status()
      assert.equal(clock.trusted, true)
      const { ready, text } = await paused.client.readiness()
      assert.ok(ready, text)
    })
    // Time went on, only the process did not: that is no step of the clock.
    assert.equal(await metricOf(paused.client, 'skein_clock_steps_total'), 0)
  })

  it('is held against nobody, though all that waited came at once', async () => {
    for (const { client } of drones) assert.equal(await penaltiesOf(client), 0)
  })

  it('has a whole log, with the others lost and met again in it', async () => {
    const types = [...(await logOf(paused.client)).values()].map(({ type }) => type)
    assert.ok(types.filter(type => type === 'peer.left').length >= drones.length - 1)
    assert.equal(await paused.stop(), 0)
    await verifyLog(lab ?? assert.fail(), paused)
  })
})

const LIBFAKETIME = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib64/faketime/libfaketimeMT.so.1',
].find(file => existsSync(file))

describe('e2e: a wall clock that steps', function () {
  this.timeout(240_000)
  let lab: Lab
  let drones: readonly NodeProcess[]
  let stepped: NodeProcess

  /** Sets the wall clock of the last drone off by so much; its monotonic clock runs on. */
  const setClock = (offsetS: number) =>
    writeFile(join(lab.dir, 'clock'), `${offsetS < 0 ? '' : '+'}${offsetS}\n`)

  before(async function () {
    if (LIBFAKETIME === undefined) {
      console.log('      skipped: libfaketime is not installed (apt-get install libfaketime)')
      this.skip()
    }
    lab = await Lab.open()
    await setClock(0)
    drones = await fourDrones(lab, {
      LD_PRELOAD: LIBFAKETIME,
      FAKETIME_TIMESTAMP_FILE: join(lab.dir, 'clock'),
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_CACHE_DURATION: '1',
    })
    stepped = drones.at(-1) ?? assert.fail()
    await allSeeAll(drones)
  })

  after(() => lab?.[Symbol.asyncDispose]())

  for (const [offsetS, what] of [
    [HOUR_S, 'an hour ahead'],
    [-2 * HOUR_S, 'two hours back'],
  ] as const) {
    it(`does not matter to the swarm: ${what}`, async () => {
      const steps = await metricOf(stepped.client, 'skein_clock_steps_total')
      await setClock(offsetS)
      await eventually('the node has noticed', async () =>
        assert.equal(await metricOf(stepped.client, 'skein_clock_steps_total'), steps + 1),
      )
      const accepted = await metricOf(stepped.client, 'skein_positions_accepted_total')
      await eventually('its neighbours believe its new reports, and it theirs', async () => {
        assert.ok((await metricOf(stepped.client, 'skein_positions_accepted_total')) > accepted + 20)
        for (const drone of drones) assert.deepEqual(await pointsOf(drone), others(drones, drone))
      })
      const byMs = [...(await logOf(stepped.client)).values()]
        .filter(({ type }) => type === 'clock.stepped')
        .map(({ data }) => data.byMs)
      assert.ok(
        byMs.some(step => typeof step === 'number' && Math.abs(step / 1000 - offsetS) < HOUR_S / 2),
        `the log says it stepped by ${byMs} ms`,
      )
    })
  }

  it('breaks no link and no mesh', async () => {
    for (const { client } of drones) {
      assert.equal(await metricOf(client, 'skein_membership_changes_total{change="fail"}'), 0)
      assert.equal(await metricOf(client, 'skein_gossip_link_restarts_total'), 0)
      assert.ok((await client.peers()).some(({ mesh }) => mesh))
    }
  })

  it('is undone like it came, and the log stays whole', async () => {
    await setClock(0)
    await eventually('its clock is trusted', async () => {
      const { clock } = await stepped.client.status()
      assert.equal(clock.trusted, true)
    })
    await allSeeAll(drones)
    assert.equal(await stepped.stop(), 0)
    await verifyLog(lab, stepped)
  })
})
