import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Paint, paintOf } from './first-start/browser.ts'
import { freshClone } from './first-start/clone.ts'
import { freePort } from './processes/free-port.ts'
import { Lab } from './processes/lab.ts'
import { BIN } from './processes/skein.ts'
import { type BenchOptions, type BenchResult, type BenchRow, median } from './result.ts'

const REACH = { urlMs: 5_000, paintMs: 1_000 }
const ASK_EVERY_MS = 20
const ANSWERS_WITHIN_MS = 120_000

interface Start {
  /** From the command to the first answer that is the map's page. */
  readonly urlMs: number
  /** From the command to the banner, which comes when the relay and all eight drones are up. */
  readonly allUpMs: number
  readonly paint: Paint | null
}

/** G18: what somebody who has just installed it waits for: the demo, its map, and the first picture. */
export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const runs = quick ? 1 : 3
  const cold: Start[] = []
  const warm: Start[] = []
  for (let i = 1; i <= runs; i++) {
    cold.push(await measure('cold', quick))
    warm.push(await measure('warm', quick))
    log(
      `run ${i}/${runs}: cold ${((cold.at(-1)?.urlMs ?? 0) / 1000).toFixed(1)} s, warm ${((warm.at(-1)?.urlMs ?? 0) / 1000).toFixed(1)} s`,
    )
  }
  const [urlMs, paintMs] = [
    median(cold.map(one => one.urlMs)),
    median(cold.map(one => one.paint?.firstContentMs ?? Number.NaN)),
  ]
  const reached = urlMs <= REACH.urlMs && paintMs <= REACH.paintMs
  const paint = Number.isNaN(paintMs) ? 'not measured: no Chromium' : `${(paintMs / 1000).toFixed(2)} s`
  return {
    goal: 'g18',
    title: 'First start: `npm start` to the map (cold = nothing compiled or bundled yet, as after `npm ci`)',
    rows: [...rowsOf('cold', cold), ...rowsOf('warm', warm)],
    verdict: `${reached ? 'reached' : 'missed'}: URL answers after ${(urlMs / 1000).toFixed(1)} s (5, aim 2), first paint ${paint} (1, aim 0.5)`,
  }
}

function rowsOf(name: string, starts: readonly Start[]): readonly BenchRow[] {
  const of = (pick: (start: Start) => number | undefined) =>
    median(starts.map(one => pick(one) ?? Number.NaN))
  return [
    { name: `${name}: URL answers with the map`, value: of(one => one.urlMs), unit: 'ms' },
    { name: `${name}: relay and eight drones up`, value: of(one => one.allUpMs), unit: 'ms' },
    { name: `${name}: first paint`, value: of(one => one.paint?.firstPaintMs), unit: 'ms' },
    { name: `${name}: first contentful paint`, value: of(one => one.paint?.firstContentMs), unit: 'ms' },
    { name: `${name}: page loaded`, value: of(one => one.paint?.loadedMs), unit: 'ms' },
  ]
}

async function measure(start: 'cold' | 'warm', quick: boolean): Promise<Start> {
  await using lab = await Lab.open()
  const bin = start === 'warm' ? BIN : join(await freshClone(lab.dir), 'node/cli/bin.js')
  const env = start === 'warm' ? {} : { NODE_COMPILE_CACHE: join(lab.dir, 'compile-cache') }
  const url = `http://127.0.0.1:${await freePort()}`
  const startedMs = performance.now()
  const answered = answersWithMap(url).then(() => performance.now() - startedMs)
  // Where it fails to start, that is what matters.
  answered.catch(() => {})
  const demo = await lab.start(
    [bin, 'demo', '--no-open', '--api', new URL(url).port],
    /map\s+(http:\S+)/,
    env,
  )
  const urlMs = await answered
  const paint = await paintOf(url, join(lab.dir, 'browser'), quick ? 1 : 3)
  await lab.stop(demo)
  return { urlMs, allUpMs: demo.tookMs, paint }
}

async function answersWithMap(url: string): Promise<void> {
  const giveUpMs = performance.now() + ANSWERS_WITHIN_MS
  for (;;) {
    const page = await fetch(url).then(
      answer => (answer.ok ? answer.text() : ''),
      () => '',
    )
    if (page.includes('<html')) return
    if (performance.now() > giveUpMs) throw new Error(`${url} did not answer with the map in time`)
    await sleep(ASK_EVERY_MS)
  }
}
