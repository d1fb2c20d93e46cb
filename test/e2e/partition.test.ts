import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { DEFAULT_AGENT_CONFIG } from '../../src/agent/config.ts'
import { eventually, HopelessError } from './helpers/eventually.ts'
import { type HostedNode, HostedNodes } from './helpers/hosted-nodes.ts'
import { Lab } from './helpers/lab.ts'
import { penaltiesOf } from './helpers/metrics.ts'
import { LAKE, pointsOf, reportAt, spot } from './helpers/places.ts'

const DRONES = 6
/** The drone of the left side that falls silent while the sides are apart. */
const LOST = 0
const LOST_AFTER_S = 1
/** Long enough for what was on the air before to be expired three times over. */
const SPLIT_S = 10
/** After a heal everyone knows everyone again within this time; the simulator holds the agents to the same. */
const CONVERGE_WITHIN_S = 60
const { validMs } = DEFAULT_AGENT_CONFIG.position
/** What a loaded machine may add between a fix, its report and our reading of it. */
const LATENESS_MS = 4_000

describe('e2e: a swarm that is cut in two', function () {
  this.timeout(240_000)
  let lab: Lab
  let swarm: HostedNodes
  let drones: readonly HostedNode[]
  let left: readonly HostedNode[]
  let right: readonly HostedNode[]
  const startedMs = performance.now()
  const landing = new AbortController()
  const crash = new AbortController()
  const flights: Promise<void>[] = []

  before(async () => {
    lab = await Lab.open()
    const config = (i: number) => ({ name: `drone-${i}`, vehicle: { kind: 'http' as const } })
    const [first] = (await HostedNodes.start(lab, [{ ...config(9), name: 'meeting-point' }])).nodes
    const bootstrap = [...(first?.listen ?? [])]
    // It introduces them; it flies nothing and listens nowhere, so it carries nothing between the sides.
    swarm = await HostedNodes.start(
      lab,
      Array.from({ length: DRONES }, (_, i) => ({ ...config(i), bootstrap })),
    )
    drones = swarm.nodes
    left = drones.slice(0, DRONES / 2)
    right = drones.slice(DRONES / 2)
    for (const [i, drone] of drones.entries()) flights.push(climb(i, drone))
  })

  after(async () => {
    for (const flight of [landing, crash]) flight.abort()
    await Promise.all(flights)
    await lab[Symbol.asyncDispose]()
  })

  /** A clock in the sky: 1 m up each second, so that an altitude tells when it was reported, whatever stamps say. */
  const altitudeM = () => LAKE.altM + (performance.now() - startedMs) / 1000
  const reportedMs = (altM: number) => startedMs + (altM - LAKE.altM) * 1000

  async function climb(i: number, { client }: HostedNode): Promise<void> {
    const { signal } = i === LOST ? crash : landing
    while (!signal.aborted) {
      await client.postPosition(reportAt({ ...spot(i), altM: altitudeM() })).catch(() => {})
      await sleep(100)
    }
  }

  const agentsOf = (nodes: readonly HostedNode[], but: HostedNode) =>
    nodes
      .map(({ agent }) => agent)
      .filter(agent => agent !== but.agent)
      .sort()

  const alive = () => drones.filter((_, i) => i !== LOST)

  /** No neighbour is taken to be at a point where it was longer ago than a report is valid. */
  async function assertNoGhosts(): Promise<void> {
    for (const { client, name } of drones) {
      const askedMs = performance.now()
      for (const { belief, ageMs, altitude, agent } of await client.neighbors()) {
        if (belief !== 'point') continue
        const trueAgeMs = askedMs - reportedMs(altitude.valueM)
        if (ageMs <= validMs && trueAgeMs <= validMs + LATENESS_MS) continue
        throw new HopelessError(
          `${name} has ${agent} at a point where it was ${trueAgeMs} ms ago (it says ${ageMs})`,
        )
      }
    }
  }

  it('is one swarm at first', async () => {
    await eventually('everyone hears everyone', async () => {
      for (const drone of drones) assert.deepEqual(await pointsOf(drone), agentsOf(drones, drone))
    })
  })

  it('goes on as two: each side hears its own, and keeps the others as volumes', async () => {
    await swarm.block(node => agentsOf(left.includes(node) ? right : left, node))
    const splitMs = performance.now()
    await eventually('each side hears just its own', async () => {
      for (const side of [left, right]) {
        for (const drone of side) {
          assert.deepEqual(await pointsOf(drone), agentsOf(side, drone))
          const volumes = (await drone.client.neighbors()).filter(({ belief }) => belief === 'volume')
          assert.equal(volumes.length, DRONES - side.length)
        }
      }
    })
    await sleep(LOST_AFTER_S * 1000)
    crash.abort()
    while (performance.now() < splitMs + SPLIT_S * 1000) {
      await assertNoGhosts()
      await sleep(500)
    }
    for (const drone of alive()) {
      const { ready, text } = await drone.client.readiness()
      assert.ok(ready, text)
    }
  })

  it(`is one again within ${CONVERGE_WITHIN_S} s of the heal, and takes no old report for the present`, async () => {
    const lost = drones[LOST] ?? assert.fail()
    const lastSeenM = async ({ client }: HostedNode) => {
      const seen = (await client.neighbors()).find(({ agent }) => agent === lost.agent)
      return seen?.belief === 'volume' ? seen.altitude.valueM : null
    }
    const [knowing = assert.fail()] = left.filter(drone => drone !== lost)
    const knownM = (await lastSeenM(knowing)) ?? assert.fail()
    for (const drone of right) assert.ok(((await lastSeenM(drone)) ?? Number.NaN) < knownM)
    await swarm.block(() => [])
    await eventually(
      'everyone hears everyone who lives, and knows of the lost one what its own side knew',
      async () => {
        await assertNoGhosts()
        for (const drone of alive()) {
          assert.deepEqual(await pointsOf(drone), agentsOf(alive(), drone))
          assert.equal(await lastSeenM(drone), knownM)
        }
      },
      { withinS: CONVERGE_WITHIN_S },
    )
  })

  it('has held none of it against anyone', async () => {
    for (const { client } of drones) assert.equal(await penaltiesOf(client), 0)
  })
})
