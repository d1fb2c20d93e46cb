import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { type BenchOptions, type BenchResult, median } from './result.ts'

const REACH = { unsynced: 100_000, synced: 30_000, replay: 200_000, coldS: 3, snapshotMs: 200 }

const figuresSchema = z.object({
  bareUnsynced: z.number(),
  bareCpuUs: z.number(),
  appendUnsynced: z.number(),
  appendCpuUs: z.number(),
  bareSynced: z.number(),
  appendSynced: z.number(),
  sealedAppend: z.number(),
  sealedCpuUs: z.number(),
  sealedReplayCpuUs: z.number(),
  plainReplayCpuUs: z.number(),
  readOnly: z.number(),
  replayed: z.number(),
  thoroughS: z.number(),
  coldS: z.number(),
  openS: z.number(),
  coldCpuS: z.number(),
  snapshotMs: z.number(),
  tailEvents: z.number(),
})
type Figures = z.infer<typeof figuresSchema>

/** G9: what the chain, the signatures and the checksums of the event log cost over LevelDB alone, beside it in one run. */
export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const [appends, replayed, runs] = quick ? [40_000, 50_000, 1] : [400_000, 1_000_000, 3]
  const all: Figures[] = []
  for (let i = 1; i <= runs; i++) {
    log(`g9: run ${i} of ${runs}`)
    all.push(await measure(appends, replayed))
  }
  const of = (name: keyof Figures): number => median(all.map(figures => figures[name]))
  // What a shorter run reads is less than a million; opening the store takes as long for both.
  const replayS = of('coldS') - of('openS')
  const million = of('openS') + replayS * (1_000_000 / of('replayed'))
  const replayRate = of('replayed') / replayS
  const rows = [
    { name: 'LevelDB alone, batches of 64, unsynced', value: of('bareUnsynced'), unit: 'events/s' },
    { name: 'append unsynced', value: of('appendUnsynced'), unit: 'events/s' },
    { name: 'LevelDB alone, CPU of both cores', value: of('bareCpuUs'), unit: 'µs/event' },
    { name: 'append, CPU of both cores', value: of('appendCpuUs'), unit: 'µs/event' },
    { name: 'LevelDB alone, batches of 64, synced', value: of('bareSynced'), unit: 'events/s' },
    { name: 'append synced', value: of('appendSynced'), unit: 'events/s' },
    { name: 'append unsynced, encrypted', value: of('sealedAppend'), unit: 'events/s' },
    { name: 'append, encrypted, CPU of both cores', value: of('sealedCpuUs'), unit: 'µs/event' },
    { name: 'replay, CPU of both cores', value: of('plainReplayCpuUs'), unit: 'µs/event' },
    { name: 'replay, encrypted, CPU of both cores', value: of('sealedReplayCpuUs'), unit: 'µs/event' },
    { name: 'LevelDB read alone', value: of('readOnly'), unit: 'events/s' },
    { name: 'replay, chain verified, state folded', value: replayRate, unit: 'events/s' },
    {
      name: 'replay, every signature and Merkle root too',
      value: of('replayed') / of('thoroughS'),
      unit: 'events/s',
    },
    { name: 'a million events, cold', value: million, unit: 's' },
    { name: 'the same, CPU of both cores', value: of('coldCpuS') * (1_000_000 / of('replayed')), unit: 's' },
    { name: 'opening and closing the store', value: of('openS'), unit: 's' },
    {
      name: `start behind a snapshot, ${of('tailEvents')} events after it`,
      value: of('snapshotMs'),
      unit: 'ms',
    },
  ]
  const goals: readonly (readonly [string, boolean])[] = [
    ['append unsynced', of('appendUnsynced') >= REACH.unsynced],
    ['append synced', of('appendSynced') >= REACH.synced],
    ['replay', replayRate >= REACH.replay],
    ['cold start', million <= REACH.coldS],
    ['start behind a snapshot', of('snapshotMs') <= REACH.snapshotMs],
  ]
  const missed = goals.filter(([, reached]) => !reached).map(([name]) => name)
  return {
    goal: 'g9',
    title: 'event log: append, replay, start',
    rows,
    ratio: of('appendSynced') / of('bareSynced'),
    verdict: missed.length === 0 ? 'all reached' : `missed: ${missed.join(', ')}; the others reached`,
  }
}

async function measure(appends: number, replayed: number): Promise<Figures> {
  const worker = fileURLToPath(import.meta.resolve('./eventlog/worker.ts'))
  const args = ['--disable-warning=ExperimentalWarning', worker, String(appends), String(replayed)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return figuresSchema.parse(JSON.parse(stdout))
}
