import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentId } from '../../src/ports.ts'
import { Lab } from './processes/lab.ts'
import { spotAt } from './processes/place.ts'
import { bootstrapAt, reach, type SkeinProcess, startSkein } from './processes/skein.ts'
import { type BenchOptions, type BenchResult, type BenchRow, percentile } from './result.ts'

const REACH = { crashMs: 100, silenceMs: 3_000 }
const WITNESSES = 4
const MET_WITHIN_MS = 60_000
const SEEN_WITHIN_MS = 20_000

type Signal = 'SIGKILL' | 'SIGSTOP'

/** G17: how long after a node dies, or falls silent with its sockets open, its peers' programs are told. */
export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const [kills, stops] = quick ? [1, 1] : [10, 8]
  await using lab = await Lab.open()
  const swarm = await startWitnesses(lab)
  const crash: number[] = []
  const silence: number[] = []
  for (let i = 0; i < kills + stops; i++) {
    const signal: Signal = i < kills ? 'SIGKILL' : 'SIGSTOP'
    const seenMs = await measure(lab, swarm, `victim-${i}`, signal)
    log(`${signal}: ${seenMs.map(ms => ms.toFixed(1)).join(', ')} ms`)
    ;(signal === 'SIGKILL' ? crash : silence).push(...seenMs)
  }
  const [crashMaxMs, silenceMaxMs] = [Math.max(...crash), Math.max(...silence)]
  const reached = crashMaxMs <= REACH.crashMs && silenceMaxMs <= REACH.silenceMs
  return {
    goal: 'g17',
    title: `Failure detection: from the signal to \`peer.left\` in the event stream of ${WITNESSES} peers (synced to their disks)`,
    rows: [...rowsOf('crash (SIGKILL)', crash), ...rowsOf('silence (SIGSTOP)', silence)],
    verdict: `${reached ? 'reached' : 'missed'}: crash p50 ${percentile(crash, 0.5).toFixed(0)} ms, max ${crashMaxMs.toFixed(0)} ms (100, aim 50); silence p50 ${(percentile(silence, 0.5) / 1000).toFixed(1)} s, max ${(silenceMaxMs / 1000).toFixed(1)} s (3, aim 2)`,
  }
}

function rowsOf(name: string, seenMs: readonly number[]): readonly BenchRow[] {
  return [
    { name: `${name}: p50`, value: percentile(seenMs, 0.5), unit: 'ms' },
    { name: `${name}: max`, value: percentile(seenMs, 1), unit: 'ms' },
    { name: `${name}: seen by peers, in all`, value: seenMs.length, unit: 'times' },
  ]
}

interface Swarm {
  readonly witnesses: readonly SkeinProcess[]
  readonly bootstrap: readonly string[]
}

async function startWitnesses(lab: Lab): Promise<Swarm> {
  const relay = await startSkein(lab, { command: 'relay', name: 'relay' })
  const { listen } = await reach(relay.client)
  const drones = []
  for (let i = 1; i < WITNESSES; i++) drones.push(await startDrone(lab, `witness-${i}`, i, listen))
  return { witnesses: [relay, ...drones], bootstrap: listen }
}

const startDrone = (lab: Lab, name: string, place: number, bootstrap: readonly string[]) =>
  startSkein(lab, {
    command: 'run',
    name,
    set: [
      'vehicle.kind=fixed',
      `vehicle.start=${JSON.stringify(spotAt(100 * place, 0, 0))}`,
      bootstrapAt(bootstrap),
    ],
  })

/** Starts a node, waits until all witnesses are its peers, takes it away, and returns when each of them said so, ms. */
async function measure(lab: Lab, swarm: Swarm, name: string, signal: Signal): Promise<readonly number[]> {
  const { witnesses, bootstrap } = swarm
  const victim = await startDrone(lab, name, 0, bootstrap)
  const { agent } = await reach(victim.client)
  await Promise.all(witnesses.map(witness => connected(witness, agent)))
  const stop = new AbortController()
  const timeout = AbortSignal.any([stop.signal, AbortSignal.timeout(SEEN_WITHIN_MS)])
  const seen = witnesses.map(witness => leaving(witness, agent, timeout))
  // The streams are open, and the moment falls anywhere between two pulses.
  await sleep(1_000 + 1_000 * Math.random())
  const startedMs = performance.now()
  victim.child.kill(signal)
  const atMs = await Promise.all(seen)
  stop.abort()
  await lab.kill(victim)
  return atMs.map(ms => ms - startedMs)
}

async function connected({ client, name }: SkeinProcess, agent: AgentId): Promise<void> {
  const startedMs = performance.now()
  for (;;) {
    const peers = await client.peers()
    if (peers.some(peer => peer.agent === agent && peer.state === 'connected')) return
    if (performance.now() - startedMs > MET_WITHIN_MS) throw new Error(`${name} did not meet ${agent}`)
    await sleep(100)
  }
}

/** When a witness says that the peer left. */
async function leaving({ client, name }: SkeinProcess, agent: AgentId, signal: AbortSignal): Promise<number> {
  for await (const event of client.events({ types: ['peer.left'], signal }))
    if (event.subject === agent) return performance.now()
  throw new Error(`${name} did not notice within ${SEEN_WITHIN_MS / 1000} s that ${agent} was gone`)
}
