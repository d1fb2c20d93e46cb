import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Lab, type Started } from './processes/lab.ts'
import { cpuMsOf, cpuPercent, type Memory, memoryOf, slopeOf } from './processes/proc.ts'
import { bootstrapAt, reach, ready, type SkeinProcess, startSkein } from './processes/skein.ts'
import { type BenchOptions, type BenchResult, type BenchRow, median } from './result.ts'

const REACH = { startMs: 1_000, startRssMb: 150, loadedRssMb: 220, idlePct: 0.2 }
const PLACE = { latDeg: 47.3769, lngDeg: 8.5417, altM: 500 }
const RATE_PER_S = 500
const FEEDING_PEERS = 4
/** Shorter runs end before the first large garbage collection and see neither the peak nor that it falls again. */
const LOAD_MS = 480_000

interface StartFigures extends Memory {
  readonly startMs: number
  readonly cpuMs: number
}

interface LoadFigures {
  readonly seconds: number
  readonly acceptedPerS: number
  readonly cpuPct: number
  readonly rssMaxMb: number
  readonly rssEndMb: number
  readonly slopeMbPerH: number
}

/** G11: what a node costs before and while it works, beside a bare js-libp2p node of the same modules. */
export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const [runs, idleMs, loadMs] = quick ? [1, 2_000, 5_000] : [5, 20_000, LOAD_MS]
  const bare: StartFigures[] = []
  const ours: StartFigures[] = []
  // The first start of each fills the compile cache; every later one is as on a machine that has run it before.
  for (let i = 0; i <= runs; i++) {
    const pair = await measureStarts()
    log(
      `start ${i}/${runs}: ours ${pair.ours.startMs.toFixed(0)} ms, bare ${pair.bare.startMs.toFixed(0)} ms`,
    )
    if (i === 0) continue
    bare.push(pair.bare)
    ours.push(pair.ours)
  }
  const cold = await measureColdStart()
  const idle = await measureIdle(idleMs)
  log(`idle: ours ${idle.ours.toFixed(3)} %, bare ${idle.bare.toFixed(3)} %; now ${loadMs / 1000} s of load`)
  const load = await measureLoad(loadMs)
  const of = (all: readonly StartFigures[], pick: (one: StartFigures) => number) => median(all.map(pick))
  const startRows = (name: string, all: readonly StartFigures[]): readonly BenchRow[] => [
    { name: `${name}: start to ready`, value: of(all, one => one.startMs), unit: 'ms' },
    { name: `${name}: CPU until then`, value: of(all, one => one.cpuMs), unit: 'ms' },
    { name: `${name}: RSS at ready`, value: of(all, one => one.rssMb), unit: 'MB' },
    { name: `${name}: PSS at ready`, value: of(all, one => one.pssMb), unit: 'MB' },
  ]
  const [startMs, rssMb] = [of(ours, one => one.startMs), of(ours, one => one.rssMb)]
  const reached =
    startMs <= REACH.startMs &&
    rssMb <= REACH.startRssMb &&
    idle.ours <= REACH.idlePct &&
    load.rssMaxMb <= REACH.loadedRssMb
  return {
    goal: 'g11',
    title: 'Footprint of a node, beside a bare js-libp2p node (tcp, noise, yamux, identify, gossipsub)',
    rows: [
      ...startRows('ours', ours),
      ...startRows('bare', bare),
      { name: 'ours: very first start, no compile cache', value: cold, unit: 'ms' },
      { name: 'ours: CPU idle, alone, no vehicle', value: idle.ours, unit: '% of a core' },
      { name: 'ours: CPU in a pair, standing, reporting at 1 Hz', value: idle.paired, unit: '% of a core' },
      { name: 'bare: CPU idle', value: idle.bare, unit: '% of a core' },
      {
        name: `under load for ${load.seconds.toFixed(0)} s: reports taken in`,
        value: load.acceptedPerS,
        unit: '/s',
      },
      { name: 'under load: CPU', value: load.cpuPct, unit: '% of a core' },
      { name: 'under load: RSS, most', value: load.rssMaxMb, unit: 'MB' },
      { name: 'under load: RSS, at the end', value: load.rssEndMb, unit: 'MB' },
      { name: 'under load: slope of RSS, second half', value: load.slopeMbPerH, unit: 'MB/h' },
    ],
    ratio: startMs / of(bare, one => one.startMs),
    verdict: `${reached ? 'reached' : 'missed'}: start ${(startMs / 1000).toFixed(2)} s (1.0, aim 0.6), RSS ${rssMb.toFixed(0)} MB (150, aim 130), idle ${idle.ours.toFixed(2)} % (0.2, aim 0.1), RSS ${load.rssMaxMb.toFixed(0)} MB after ${(load.seconds / 60).toFixed(1)} min at ${RATE_PER_S}/s (220 after an hour)`,
  }
}

const BARE = join(import.meta.dirname, 'footprint/bare-node.ts')

const startBare = (lab: Lab): Promise<Started> => lab.start([BARE], /listening (\S+)/)

const startOurs = (lab: Lab, name: string, env?: Readonly<Record<string, string>>): Promise<SkeinProcess> =>
  startSkein(lab, { command: 'run', name, set: ['vehicle=none'], ...(env && { env }) })

async function measureStarts(): Promise<{ readonly bare: StartFigures; readonly ours: StartFigures }> {
  await using lab = await Lab.open()
  const bareNode = await startBare(lab)
  const bare = { startMs: bareNode.tookMs, ...(await spentBy(bareNode.pid)) }
  // In good order: else neither would keep what it compiled for its next start.
  await lab.stop(bareNode)
  const node = await startOurs(lab, 'ours')
  const ours = { startMs: node.tookMs + (await ready(node.client)), ...(await spentBy(node.pid)) }
  await lab.stop(node)
  return { bare, ours }
}

async function spentBy(pid: number): Promise<Memory & { readonly cpuMs: number }> {
  return { cpuMs: await cpuMsOf(pid), ...(await memoryOf(pid)) }
}

async function measureColdStart(): Promise<number> {
  await using lab = await Lab.open()
  const node = await startOurs(lab, 'cold', { NODE_COMPILE_CACHE: join(lab.dir, 'compile-cache') })
  return node.tookMs + (await ready(node.client))
}

/** All of them over the same time: what else the machine does is the same for each. */
async function measureIdle(
  overMs: number,
): Promise<{ readonly ours: number; readonly paired: number; readonly bare: number }> {
  await using lab = await Lab.open()
  const alone = await startOurs(lab, 'alone')
  const first = await startSkein(lab, { command: 'run', name: 'first', set: standing })
  const { listen } = await reach(first.client)
  await startSkein(lab, { command: 'run', name: 'second', set: [...standing, bootstrapAt(listen)] })
  const bare = await startBare(lab)
  // What follows a start (optimising, collecting its garbage) is over by then.
  await sleep(overMs / 2)
  const [ours = 0, paired = 0, bareNode = 0] = await cpuPercent([alone.pid, first.pid, bare.pid], overMs)
  return { ours, paired, bare: bareNode }
}

const standing = ['vehicle.kind=fixed', `vehicle.start=${JSON.stringify(PLACE)}`]

/** A node that stands in the middle of fifty authors, ten reports a second each, every one from four peers. */
async function measureLoad(overMs: number): Promise<LoadFigures> {
  await using lab = await Lab.open()
  const node = await startSkein(lab, { command: 'run', name: 'loaded', set: standing })
  const { listen } = await reach(node.client)
  await lab.start(
    [
      join(import.meta.dirname, 'footprint/feeder.ts'),
      ...[listen[0] ?? '', lab.swarm, FEEDING_PEERS, RATE_PER_S].map(String),
      ...[PLACE.latDeg, PLACE.lngDeg].map(degrees => String(Math.round(degrees * 1e7))),
    ],
    /feeding/,
  )
  await sleep(Math.min(5_000, overMs / 2))
  const acceptedBefore = await accepted(node)
  const cpuBefore = await cpuMsOf(node.pid)
  const startedMs = performance.now()
  const samples: { x: number; y: number }[] = []
  while (performance.now() - startedMs < overMs) {
    await sleep(Math.min(1_000, overMs / 10))
    samples.push({ x: (performance.now() - startedMs) / 3_600_000, y: (await memoryOf(node.pid)).rssMb })
  }
  const seconds = (performance.now() - startedMs) / 1000
  return {
    seconds,
    acceptedPerS: ((await accepted(node)) - acceptedBefore) / seconds,
    cpuPct: ((await cpuMsOf(node.pid)) - cpuBefore) / seconds / 10,
    rssMaxMb: Math.max(...samples.map(({ y }) => y)),
    rssEndMb: samples.at(-1)?.y ?? Number.NaN,
    slopeMbPerH: slopeOf(samples.slice(samples.length / 2)),
  }
}

async function accepted({ client }: SkeinProcess): Promise<number> {
  const text = await client.metrics()
  return Number(/^skein_positions_accepted_total (\d+)/m.exec(text)?.[1])
}
