import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../node/config/load.ts'
import { createLogger } from '../../node/log.ts'
import { createNode, type RunningNode } from '../../node/node.ts'
import { cellOf } from '../../src/geo/cells.ts'
import { eventually } from '../e2e/helpers/eventually.ts'
import { spot, standing } from '../e2e/helpers/places.ts'
import { Attacker } from './attacker.ts'
import { FLOODS } from './floods.ts'

const SWARM = `attack-${process.pid}`
const HERE = { latE7: Math.round(spot(2).latDeg * 1e7), lonE7: Math.round(spot(2).lngDeg * 1e7) }
const GROUND = { ...HERE, swarm: SWARM, cell: cellOf(HERE.latE7, HERE.lonE7, 8) }
const OUT_WITHIN_MS = 30_000

describe('attack: a member that floods a node', function () {
  this.timeout(120_000)
  let dir: string
  const nodes: RunningNode[] = []
  const attackers: Attacker[] = []

  async function start(name: string, at: number, bootstrap: readonly string[]): Promise<RunningNode> {
    const { config } = loadConfig({
      profile: 'sim',
      flags: {
        swarm: SWARM,
        name,
        bootstrap,
        dataDir: join(dir, name),
        vehicle: standing(at),
        relay: { client: false },
      },
    })
    const node = await createNode(config, { log: createLogger({ level: 'error', format: 'json', name }) })
    nodes.push(node)
    return node
  }

  const addressOf = (node: RunningNode): string => node.status().listen[0] ?? assert.fail()

  function honestSeeEachOther(): void {
    for (const node of nodes) {
      const points = node.neighbors().filter(({ belief }) => belief === 'point')
      for (const other of nodes) {
        if (other !== node) assert.ok(points.some(({ agent }) => agent === other.agent))
      }
    }
  }

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'skein-attack-'))
    const victim = await start('victim', 2, [])
    await start('honest', 3, [addressOf(victim)])
    await eventually('the two see each other', honestSeeEachOther)
  })

  after(async () => {
    for (const attacker of attackers) await attacker[Symbol.asyncDispose]()
    await Promise.all(nodes.map(node => node.stop()))
    await rm(dir, { recursive: true, force: true })
  })

  for (const { what, series, make } of FLOODS) {
    it(`has it out within 30 s and the honest see each other throughout: ${what}`, async () => {
      const [victim] = nodes
      assert.ok(victim)
      const attacker = await Attacker.start({ swarm: SWARM })
      attackers.push(attacker)
      const before = await seriesOf(victim, series)
      const connection = await attacker.meet(addressOf(victim))
      const tookMs = await attacker.until(connection, OUT_WITHIN_MS, make(attacker, connection, GROUND))
      honestSeeEachOther()
      assert.ok(tookMs !== null, 'it is still connected')
      assert.ok((await seriesOf(victim, series)) > before, `${series} has not risen`)
      const again = attacker.meet(addressOf(victim), 1).then(
        () => 'it is back',
        () => null,
      )
      assert.equal(await again, null)
    })
  }

  it('is held against no honest node', async () => {
    const [victim, honest] = nodes
    assert.ok(victim && honest)
    const connected = (node: RunningNode) => node.peers().filter(({ state }) => state === 'connected')
    assert.deepEqual(
      [victim, honest].map(connected).flatMap(peers => peers.map(({ agent }) => agent)),
      [honest.agent, victim.agent],
    )
    // What the attackers had passed on by the victim was within every rule: the other has nothing to complain of.
    const penalties = (await honest.metrics())
      .split('\n')
      .filter(line => /^skein_peer_(budget_exceeded|faults)_total.* [1-9]/.test(line))
    assert.deepEqual(penalties, [])
  })
})

async function seriesOf(node: RunningNode, series: string): Promise<number> {
  const text = await node.metrics()
  const line = text.split('\n').find(each => each.startsWith(`${series} `))
  return Number(line?.slice(series.length) ?? Number.NaN)
}
