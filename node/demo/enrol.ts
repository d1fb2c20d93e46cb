import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Role } from '../../src/policy/roles.ts'
import type { AgentId } from '../../src/ports.ts'
import { bundleOf } from '../authority/bundles.ts'
import { foundAuthority, type KeptAuthority, withAuthority } from '../authority/directory.ts'
import { joinSwarm } from '../authority/join.ts'
import { agentOf, keyOf, newSeed } from '../authority/keys.ts'
import { loadIdentity } from '../identity/identity.ts'
import { IDENTITY_FILE } from '../store/layout.ts'

const SWARM = 'demo'
const LIFE_MS = 30 * 86_400_000

/** One who is to fly along. */
export interface Recruit {
  readonly name: string
  readonly roles: readonly Role[]
}

interface Place {
  readonly recruit: Recruit
  readonly dataDir: string
  readonly agent: AgentId
  /** null = the agent has its key already. */
  readonly seed: Uint8Array | null
}

/**
 * Makes the demo's processes members of a swarm of their own: an authority beside their data, founded the first time,
 * and a certificate for each, as `skein ca issue` and `skein init --join` do.
 */
export async function enrol(root: string, recruits: readonly Recruit[], nowMs: number): Promise<void> {
  const dir = join(root, 'authority')
  const places = await Promise.all(recruits.map(recruit => placeOf(root, recruit)))
  if (!existsSync(dir)) await foundAuthority(dir, { swarm: SWARM }, { file: null, passphrase: null }, nowMs)
  const bundles = await withAuthority(dir, { nowMs: () => nowMs, place: null }, kept =>
    issueAll(kept, places, nowMs),
  )
  await Promise.all(
    bundles.map(({ dataDir, bundle }) => joinSwarm({ dataDir, bundle, root: null, swarm: null, nowMs })),
  )
}

async function placeOf(root: string, recruit: Recruit): Promise<Place> {
  const dataDir = join(root, recruit.name)
  if (existsSync(join(dataDir, IDENTITY_FILE)))
    return { recruit, dataDir, agent: (await loadIdentity(dataDir)).agent, seed: null }
  const key = keyOf(newSeed())
  return { recruit, dataDir, agent: agentOf(key), seed: key.seed }
}

async function issueAll(
  { authority, saveIssued, saveRevocations }: KeptAuthority,
  places: readonly Place[],
  nowMs: number,
) {
  // Somebody removed the data of a member: whoever had its name is gone for good.
  const gone = authority.issued.filter(({ certificate: { name, agent } }) =>
    places.some(place => place.recruit.name === name && place.agent !== agent),
  )
  for (const agent of new Set(gone.map(({ certificate }) => certificate.agent)))
    await saveRevocations(authority.revoke({ agent, reason: 'its data was removed' }))
  const members = places.map(({ recruit, agent, dataDir, seed }) => ({
    dataDir,
    seed,
    issued: authority.issue({ ...recruit, agent, notAfterMs: nowMs + LIFE_MS }),
  }))
  await saveIssued(members.map(({ issued }) => issued))
  return members.map(({ dataDir, seed, issued }) => ({
    dataDir,
    bundle: bundleOf(authority, issued, { seed, psk: null, bootstrap: [] }),
  }))
}
