import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Role } from '../../src/policy/roles.ts'
import { mapAssets } from '../map/bundle.ts'
import { enrol } from './enrol.ts'
import { Fleet } from './fleet.ts'
import { openBrowser } from './open-browser.ts'
import { banner, Screen, table } from './screen.ts'

export interface DemoOptions {
  /** Drones to fly, besides the relay. */
  readonly agents: number
  /** Port of the relay's API and map; the next free one if taken. */
  readonly apiPort: number
  /** Where identities and logs are kept; null = a temporary directory, removed at the end. */
  readonly dataDir: string | null
  /** Ends by itself after so many seconds; null = when told to. */
  readonly forS: number | null
  /** Shows the map in the browser, where there is a screen. */
  readonly open: boolean
}

const RELAY = 'relay'
/** It stands where all see it, shows the map of what it hears, and may command (`skein command hold drone-3`). */
const RELAY_ROLES: readonly Role[] = ['relay', 'anchor', 'dispatcher']
/** In front of the main station, metres above the ellipsoid. */
const RELAY_SITE = { latDeg: 47.3782, lngDeg: 8.5402, altM: 455.4 }
const WATCH_RADIUS_M = 3_500
const REDRAW_MS = 500
/** Between two lines of progress where there is no terminal to redraw. */
const PLAIN_INTERVAL_MS = 5_000

/** Flies a swarm of processes on this machine until told to stop; leaves nothing running. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const root = await dataRoot(options.dataDir)
  const fleet = new Fleet(root)
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  try {
    const url = await launch(fleet, root, options)
    const head = banner(url, root, options.agents + 1)
    if (options.open) openBrowser(url)
    if (options.forS !== null) setTimeout(onSignal, options.forS * 1000).unref()
    if (process.stdout.isTTY && process.stdin.isTTY) await interactive(fleet, head, stop)
    else await plain(fleet, head, stop.signal)
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    await fleet.stop()
    if (options.dataDir === null) await rm(root, { recursive: true, force: true })
  }
}

async function dataRoot(dataDir: string | null): Promise<string> {
  if (dataDir === null) return await mkdtemp(join(tmpdir(), 'skein-demo-'))
  await mkdir(dataDir, { recursive: true })
  return resolve(dataDir)
}

/** Makes all of them members, starts the relay, then all drones at once; returns where the map is. */
async function launch(fleet: Fleet, root: string, { agents, apiPort }: DemoOptions): Promise<string> {
  // Bundling the page once, now, spares each of the processes from doing it.
  const bundled = mapAssets()
  // Awaited below; until then its failure must not end the process before it has cleaned up.
  bundled.catch(() => {})
  const names = Array.from({ length: agents }, (_, i) => `drone-${i + 1}`)
  const drones = names.map(name => ({ name, roles: ['drone' as const] }))
  await enrol(root, [{ name: RELAY, roles: RELAY_ROLES }, ...drones], Date.now())
  const relay = await fleet.launch({
    name: RELAY,
    delivery: null,
    config: {
      role: 'relay',
      api: { port: apiPort },
      relay: { client: false, server: true },
      vehicle: { kind: 'fixed', start: RELAY_SITE },
      gossip: { watch: [{ latDeg: RELAY_SITE.latDeg, lngDeg: RELAY_SITE.lngDeg, radiusM: WATCH_RADIUS_M }] },
    },
  })
  const up = names.map((name, i) =>
    fleet.launch({
      name,
      delivery: { index: i, startAfterS: 0.5 + i * 1.5 },
      config: { bootstrap: relay.listen, relay: { client: false } },
    }),
  )
  await Promise.all([bundled, ...up])
  return relay.api
}

async function plain(fleet: Fleet, head: string, signal: AbortSignal): Promise<void> {
  console.log(head)
  while (!signal.aborted) {
    await delay(PLAIN_INTERVAL_MS, undefined, { signal }).catch(() => {})
    if (!signal.aborted) console.log(`\n${table(fleet.members())}`)
  }
}

async function interactive(fleet: Fleet, head: string, stop: AbortController): Promise<void> {
  const screen = new Screen()
  let said = ''
  const onKey = (data: Buffer): void => {
    const answer = press(fleet, data.toString('latin1'), stop)
    if (answer !== null) said = answer
  }
  process.stdin.setRawMode(true).resume().on('data', onKey)
  screen.open()
  try {
    while (!stop.signal.aborted) {
      screen.draw(`${head}\n\n${table(fleet.members())}\n\n${said}`)
      await delay(REDRAW_MS, undefined, { signal: stop.signal }).catch(() => {})
    }
  } finally {
    process.stdin.off('data', onKey).setRawMode(false).pause()
    screen.close()
    console.log('stopping the swarm …')
  }
}

/** Does what a key stands for and says what was done; null = a key that stands for nothing. */
function press(fleet: Fleet, key: string, stop: AbortController): string | null {
  const drones = fleet.members().filter(({ name }) => name !== RELAY)
  switch (key) {
    case 'q':
    case '\x03':
      stop.abort()
      return 'stopping'
    case 'k': {
      const victim = drones.filter(({ state }) => state === 'up').at(-1)
      if (victim === undefined) return 'no drone is left to kill'
      fleet.kill(victim.name)
      return `killed ${victim.name} (SIGKILL): its neighbours keep it as a growing volume`
    }
    case 'r': {
      const dead = drones.filter(({ state }) => state === 'dead')
      for (const { name } of dead) void fleet.restart(name).catch(() => {})
      return dead.length === 0
        ? 'no drone is dead'
        : `restarting ${dead.map(({ name }) => name).join(', ')} on the same data`
    }
    case 'p': {
      const half = Math.ceil(drones.length / 2)
      const sideA = new Set([RELAY, ...drones.slice(0, half).map(({ name }) => name)])
      fleet.partition(name => sideA.has(name))
      return `cut in two: ${[...sideA].join(', ')} | ${drones
        .slice(half)
        .map(({ name }) => name)
        .join(', ')}`
    }
    case 'h':
      fleet.heal()
      return 'healed: the two sides find each other again'
    default:
      return null
  }
}
