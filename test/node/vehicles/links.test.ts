import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { HttpVehicle } from '../../../node/vehicles/http.ts'
import type { VehicleLink } from '../../../node/vehicles/interface.ts'
import { ReplayVehicle } from '../../../node/vehicles/replay.ts'
import { SimulatedVehicle } from '../../../node/vehicles/simulated.ts'
import { ZURICH_DELIVERIES } from '../../../node/vehicles/zurich-routes.ts'
import { createRandom } from '../../../sim/kernel/random.ts'
import type { VehicleFix } from '../../../src/position/position.ts'
import type { DeliveryPlan } from '../../../src/vehicle/delivery.ts'

const plan = ZURICH_DELIVERIES[0] as DeliveryPlan
const CSV = 'time_s,lat_deg,lon_deg,alt_w84_m,track\n0,47.37,8.54,500,a\n1,47.3701,8.54,500,a\n0,47,8,1,b\n'

/** Fixes and phases of a link until `enough` says so. */
async function watch(
  link: VehicleLink,
  enough: (fixes: readonly VehicleFix[]) => boolean,
): Promise<VehicleFix[]> {
  const fixes: VehicleFix[] = []
  const done = Promise.withResolvers<void>()
  await link.start(fix => {
    fixes.push(fix)
    if (enough(fixes)) done.resolve()
  }, new AbortController().signal)
  await done.promise
  await link.stop()
  return fixes
}

describe('node/vehicles: links', () => {
  let dir = ''
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'skein-vehicles-'))
    await writeFile(join(dir, 'a.csv'), CSV)
  })
  after(() => rm(dir, { recursive: true }))

  it('say where they are as soon as they are started, and nothing after they were stopped', async () => {
    const links = [
      new SimulatedVehicle({ plan, random: createRandom(1), hz: 100 }),
      new ReplayVehicle({ file: join(dir, 'a.csv'), hz: 100 }),
    ]
    for (const link of links) {
      const fixes = await watch(link, all => all.length === 5)
      const count = fixes.length
      await sleep(40)
      strictEqual(fixes.length, count, link.kind)
      await link.stop()
    }
  })

  it('stop by the signal too, and do not start under one that has aborted', async () => {
    const make = [
      () => new SimulatedVehicle({ plan, random: createRandom(1), hz: 100 }),
      () => new ReplayVehicle({ file: join(dir, 'a.csv'), hz: 100 }),
      () => new HttpVehicle(() => ({ monoUs: 0, wallMs: 0 })),
    ]
    for (const link of make) {
      const aborted = AbortSignal.abort(new Error('too late'))
      await rejects(
        link().start(() => {}, aborted),
        /too late/,
      )
      const stopping = new AbortController()
      let count = 0
      const running = link()
      await running.start(() => count++, stopping.signal)
      stopping.abort()
      const before = count
      await sleep(40)
      strictEqual(count, before, running.kind)
    }
  })

  describe('simulated', () => {
    it('takes off on its route', async () => {
      const link = new SimulatedVehicle({ plan, random: createRandom(1), hz: 50 })
      strictEqual(link.phase(), 'ground')
      const fixes = await watch(link, all => (all.at(-1)?.altMm ?? 0) > plan.base.altMm + 100)
      strictEqual(link.phase(), 'takeoff')
      deepStrictEqual([fixes[0]?.status, fixes.at(-1)?.status], ['Ground', 'Airborne'])
    })

    it('obeys an order', async () => {
      const link = new SimulatedVehicle({ plan, random: createRandom(1), hz: 50 })
      await watch(link, all => {
        if (all.length === 3) link.command({ t: 'hold' })
        return link.phase() === 'hover'
      })
    })
  })

  describe('replay', () => {
    it('flies the recording to its end and stays there', async () => {
      const link = new ReplayVehicle({ file: join(dir, 'a.csv'), speed: 20, hz: 100 })
      const fixes = await watch(link, all => all.at(-1)?.vnCms === 0 && all.length > 5)
      strictEqual(fixes.at(-1)?.latE7, 473_701_000)
      strictEqual(link.phase(), 'finished')
      const moving = fixes.filter(f => f.vnCms !== 0)
      // 11.1 m in one second, told twenty times as fast.
      ok(moving.every(f => Math.abs(f.vnCms - 22_240) < 40))
      ok(fixes.every((f, i) => f.latE7 >= (fixes[i - 1]?.latE7 ?? 0)))
    })

    it('flies on for ever in a loop, without a jump', async () => {
      const link = new ReplayVehicle({ file: join(dir, 'a.csv'), speed: 50, hz: 200, loop: true })
      const fixes = await watch(
        link,
        all => all.filter(f => f.vnCms < 0).length > 8 && (all.at(-1)?.vnCms ?? 0) > 0,
      )
      strictEqual(link.phase(), 'replaying')
      ok(fixes.every(f => f.latE7 >= 473_700_000 && f.latE7 <= 473_701_000))
    })

    it('flies the track that is asked for, by name or number', async () => {
      for (const track of ['b', '1']) {
        const [fix] = await watch(
          new ReplayVehicle({ file: join(dir, 'a.csv'), track }),
          all => all.length === 1,
        )
        strictEqual(fix?.latE7, 470_000_000)
      }
    })

    it('says what is wrong with the file', async () => {
      const message = async (file: string, track: string | null = null): Promise<string> => {
        const link = new ReplayVehicle({ file: join(dir, file), track })
        return link
          .start(() => {}, new AbortController().signal)
          .then(
            () => 'started',
            (error: Error & { code?: string }) => `${error.code}: ${error.message.replace(dir, '')}`,
          )
      }
      strictEqual(await message('a.csv', 'c'), 'no-such-track: /a.csv: has no track "c"; it has 0 "a", 1 "b"')
      ok((await message('none.kml')).startsWith('unreadable: /none.kml: cannot be read (ENOENT'))
      strictEqual(
        await message('a.txt'),
        'unknown-format: /a.txt: is not a recording that can be replayed; give a MAVLink .tlog, a .kml or a .csv',
      )
    })
  })

  describe('http', () => {
    const FIX: VehicleFix = {
      latE7: 473_779_000,
      lonE7: 85_403_000,
      altMm: 520_000,
      heightDm: null,
      vnCms: 0,
      veCms: 0,
      vdCms: 0,
      headingCdeg: null,
      accHDm: null,
      accVDm: null,
      status: 'Airborne',
      batteryPct: null,
    }

    it('passes on what is posted, and remembers the last good fix for the next check', async () => {
      let monoUs = 0
      const link = new HttpVehicle(() => ({ monoUs, wallMs: 1_800_000_000_000 }))
      const fixes: VehicleFix[] = []
      throws(() => link.post(FIX), { name: 'FixRefusedError', code: 'not-running' })
      await link.start(fix => fixes.push(fix), new AbortController().signal)
      strictEqual(link.phase(), 'waiting')
      link.post(FIX, 1_800_000_000_000)
      strictEqual(link.phase(), 'airborne')
      monoUs += 1_000_000
      throws(() => link.post({ ...FIX, latE7: 473_900_000 }), { code: 'jump' })
      throws(() => link.post({ ...FIX, latE7: 0, lonE7: 0 }), { code: 'null-island' })
      throws(() => link.post(FIX, 1_900_000_000_000), { code: 'future' })
      link.post({ ...FIX, latE7: 473_779_100 })
      deepStrictEqual(
        fixes.map(f => f.latE7),
        [473_779_000, 473_779_100],
      )
      await link.stop()
      throws(() => link.post(FIX), { code: 'not-running' })
    })
  })
})
