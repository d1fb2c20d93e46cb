import { setTimeout as sleep } from 'node:timers/promises'
import { agentOf, keyOf } from '../../node/authority/keys.ts'
import type { Arena, Honest } from './arena/arena.ts'
import type { Count } from './arena/messages.ts'
import type { Attack, Toll } from './attacks/attack.ts'

const MIB = 1024 * 1024
/** After a node was started again, until it is measured. */
const SETTLE_S = 6

/** A pair that hears less than this of each other is named. */
const POOR = 0.9

export interface TrialTimes {
  /** How long the swarm is watched in peace first, seconds. */
  readonly peaceS: number
  /** How long the attack goes on, seconds. */
  readonly attackS: number
  /** Reports that are under way when the counting ends have so long to arrive, ms. */
  readonly lateMs: number
}

/** Of the reports that honest drones published, the share that the other honest drones took for news. */
interface Delivery {
  /** All pairs of two drones together. */
  readonly all: number
  /** The pair that fared worst. */
  readonly worst: number
  /** Pairs that fared badly: who, heard by whom, and the share. */
  readonly poor: readonly string[]
}

export interface Outcome {
  readonly name: string
  readonly attack: Attack
  readonly before: Delivery
  readonly during: Delivery
  /** That each drone published a second, before. */
  readonly reportsPerS: number
  /** By how much the honest process that grew most did so, MiB. */
  readonly grownMiB: number
  /** The longest that an honest process stood still, ms. */
  readonly stallMs: number
  /** What the attacked node used of one core, percent. */
  readonly cpu: { readonly before: number; readonly during: number }
  readonly toll: Toll
  /** Pairs of honest nodes that were connected before and are not afterwards. */
  readonly honestLinksLost: number
  /** What honest nodes counted, and by how much more than before. */
  readonly counted: Readonly<Record<string, number>>
}

/** Runs one attack on a swarm at peace, from a process of its own, and says what it did. */
export async function trial(
  arena: Arena,
  name: string,
  attack: Attack,
  { peaceS, attackS, lateMs }: TrialTimes,
): Promise<Outcome> {
  await arena.peace()
  const before = await watch(arena, lateMs, () => sleep(peaceS * 1000))
  let toll: Toll = { entries: 0, refusals: 0, outMs: [], notes: {} }
  const during = await watch(arena, lateMs, async () => {
    toll = await besiege(arena, name, attack, attackS)
  })
  return {
    name,
    attack,
    before: deliveryOf(before),
    during: deliveryOf(during),
    reportsPerS: reportsPerS(before),
    grownMiB: Math.max(...[...during.values()].map(({ rssBytes }) => (rssBytes.max - rssBytes.before) / MIB)),
    stallMs: Math.max(...[...during.values()].map(({ stallMs }) => stallMs)),
    cpu: { before: cpuOf(before), during: cpuOf(during) },
    toll,
    honestLinksLost: linksLost(before, during),
    counted: risen(before, during),
  }
}

type Counts = ReadonlyMap<Honest, Count>

async function watch(arena: Arena, lateMs: number, meanwhile: () => Promise<void>): Promise<Counts> {
  await arena.each({ t: 'begin' })
  await meanwhile()
  await arena.each({ t: 'close' })
  await sleep(lateMs)
  return await arena.counts()
}

async function besiege(arena: Arena, name: string, attack: Attack, attackS: number): Promise<Toll> {
  const [relay] = arena.honest
  const [victim] = arena.drones
  if (relay === undefined || victim === undefined) throw new Error('an arena has a relay and drones')
  const members = arena.members(attack.members ?? 0)
  const [first] = members
  const { ground, oldLists, drones } = arena
  const honest = drones.map(({ agent, address }) => ({ agent, address }))
  const field = { ...ground, victim, relay, honest, members, oldLists }
  const assailant = arena.assailant()
  await assailant.hear('ready')
  assailant.tell({ t: 'attack', name, field })
  const toll = assailant.hear('toll')
  if (attack.revokedAfterS !== undefined && first !== undefined) {
    await sleep(attack.revokedAfterS * 1000)
    await arena.revoke(agentOf(keyOf(first.seed)))
  }
  if (attack.restartAfterS !== undefined) {
    await sleep(attack.restartAfterS * 1000)
    await arena.restart(victim)
    await sleep(SETTLE_S * 1000)
    await arena.each({ t: 'begin' })
  }
  await Promise.race([sleep(attackS * 1000), toll])
  assailant.tell({ t: 'stop' })
  const { toll: result } = await toll
  await assailant.kill()
  return result
}

function deliveryOf(counts: Counts): Delivery {
  const drones = [...counts].filter(([{ role }]) => role === 'drone')
  const shares: number[] = []
  const poor: string[] = []
  let [published, heard] = [0, 0]
  for (const [author, { published: seqs }] of drones) {
    for (const [observer, count] of drones) {
      if (observer === author || seqs.length === 0) continue
      const got = new Set(count.heard.get(author.agent))
      const arrived = seqs.filter(seq => got.has(seq)).length
      published += seqs.length
      heard += arrived
      shares.push(arrived / seqs.length)
      if (arrived / seqs.length < POOR)
        poor.push(`${author.name} by ${observer.name}: ${arrived} of ${seqs.length}`)
    }
  }
  return { all: heard / published, worst: Math.min(...shares), poor }
}

function reportsPerS(counts: Counts): number {
  const rates = [...counts].flatMap(([{ role }, { published, wallMs }]) =>
    role === 'drone' ? [(1000 * published.length) / wallMs] : [],
  )
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length
}

/** Of the victim, or of the relay if that was busier. */
function cpuOf(counts: Counts): number {
  return Math.max(...[...counts.values()].slice(0, 2).map(({ cpuMs, wallMs }) => (100 * cpuMs) / wallMs))
}

function linksLost(before: Counts, during: Counts): number {
  const agents = new Set([...before.keys()].map(({ agent }) => agent))
  const linked = (counts: Counts) =>
    [...counts].flatMap(([{ agent }, { peers }]) =>
      peers.filter(peer => agents.has(peer)).map(peer => `${agent} ${peer}`),
    )
  const left = new Set(linked(during))
  return linked(before).filter(link => !left.has(link)).length
}

const TELLING =
  /^skein_(peer_budget_exceeded|peer_faults|admissions_refused|gossip_messages_rejected|peers_expelled|equivocations|clones_seen|gossip_unread|unadmitted_dropped)_total/

/** Series of all nodes together that tell of an attack, and how much they rose. */
function risen(before: Counts, during: Counts): Record<string, number> {
  const [old, young] = [sums(before), sums(during)]
  return Object.fromEntries(
    Object.entries(young)
      .map(([series, value]) => [series, value - (old[series] ?? 0)] as const)
      .filter(([, by]) => by > 0),
  )
}

function sums(counts: Counts): Record<string, number> {
  const found: Record<string, number> = {}
  for (const { metrics } of counts.values()) {
    for (const line of metrics.split('\n')) {
      const [series = '', value] = line.split(' ')
      if (TELLING.test(series)) found[series] = (found[series] ?? 0) + Number(value)
    }
  }
  return found
}
