import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Authority, createAuthority } from '../../../node/authority/authority.ts'
import { agentOf, keyOf, newSeed } from '../../../node/authority/keys.ts'
import type { PartialConfig } from '../../../node/config/schema.ts'
import { createIdentity } from '../../../node/identity/identity.ts'
import { CREDENTIAL_FILE, GENESIS_FILE, TRUST_DIR } from '../../../node/trust/trust-files.ts'
import { cellOf } from '../../../src/geo/cells.ts'
import type { Role } from '../../../src/policy/roles.ts'
import { eventually } from '../../e2e/helpers/eventually.ts'
import { freePort, Lab } from '../../e2e/helpers/lab.ts'
import { hovering, spot } from '../../e2e/helpers/places.ts'
import type { Membership } from '../attacker.ts'
import type { Target } from '../attacks/attack.ts'
import type { Ground } from '../floods.ts'
import { Child } from './child.ts'
import type { Count, FromAssailant, FromHonest, ToAssailant, ToHonest } from './messages.ts'

const DAY_MS = 86_400_000
const RESOLUTION = 8

/** An honest node in a process of its own. */
export interface Honest extends Target {
  readonly name: string
  readonly role: Role
}

interface Fighter {
  readonly honest: Honest
  readonly flags: PartialConfig
  readonly child: Child<ToHonest, FromHonest>
}

/**
 * A closed swarm of real processes over loopback, with default budgets: a relay, and drones that hover beside each
 * other, so that each reports at its highest rate. Its authority is here, and gives attackers what it gives others.
 */
export class Arena implements AsyncDisposable {
  readonly ground: Ground
  readonly oldLists: readonly Uint8Array[]
  readonly #lab: Lab
  readonly #authority: Authority
  readonly #fighters = new Map<string, Fighter>()
  #issued = 0

  private constructor(lab: Lab) {
    this.#lab = lab
    this.#authority = createAuthority({ swarm: lab.swarm, nowMs: Date.now })
    const { latDeg, lngDeg } = spot(4)
    const [latE7, lonE7] = [Math.round(latDeg * 1e7), Math.round(lngDeg * 1e7)]
    this.ground = { swarm: lab.swarm, latE7, lonE7, cell: cellOf(latE7, lonE7, RESOLUTION) }
    this.oldLists = [this.#revokeSomebody(), this.#revokeSomebody()]
  }

  /** `drones`: how many, besides the relay. */
  static async open(drones: number): Promise<Arena> {
    const arena = new Arena(await Lab.open())
    try {
      const relay = await arena.#enlist('relay', 'relay', { profile: 'relay', vehicle: { kind: 'none' } })
      const bootstrap = [relay.address]
      for (let i = 0; i < drones; i++)
        await arena.#enlist(`drone-${i + 1}`, 'drone', { bootstrap, vehicle: hovering(i + 2) })
      // A list that replaces the old ones.
      await arena.revoke(arena.#somebody())
      await arena.peace()
      return arena
    } catch (error) {
      await arena[Symbol.asyncDispose]()
      throw error
    }
  }

  get honest(): readonly Honest[] {
    return [...this.#fighters.values()].map(({ honest }) => honest)
  }

  get drones(): readonly Honest[] {
    return this.honest.filter(({ role }) => role === 'drone')
  }

  /** Keys with certificates of this swarm. */
  members(count: number): readonly Membership[] {
    return Array.from({ length: count }, () => {
      const seed = newSeed()
      return { seed, credential: this.#certify(agentOf(keyOf(seed)), 'drone').credential }
    })
  }

  /** Takes an agent's certificates back, and tells one node of it, the last drone. */
  async revoke(agent: string): Promise<void> {
    const told = this.drones.at(-1)
    assert.ok(told)
    const list = this.#revoke(agent)
    await this.#of(told).child.ask({ t: 'revoke', list }, 'done')
  }

  assailant(): Child<ToAssailant, FromAssailant> {
    return Child.spawn(this.#lab, './assailant.ts')
  }

  async each(say: ToHonest & { t: 'begin' | 'close' }): Promise<void> {
    await Promise.all([...this.#fighters.values()].map(({ child }) => child.ask(say, 'done')))
  }

  async counts(): Promise<ReadonlyMap<Honest, Count>> {
    const rows = [...this.#fighters.values()].map(
      async ({ honest, child }) => [honest, (await child.ask({ t: 'count' }, 'count')).count] as const,
    )
    return new Map(await Promise.all(rows))
  }

  /** Kills a node and starts it again from its data, at the same address. */
  async restart(honest: Honest): Promise<void> {
    const { flags, child } = this.#of(honest)
    await child.kill()
    await this.#start(honest.name, honest.role, flags)
  }

  /** Resolves when every drone hears every other, and each is connected with the relay. */
  async peace(): Promise<void> {
    await this.each({ t: 'begin' })
    await eventually('the honest hear each other', async () => {
      const counts = await this.counts()
      for (const [{ name, agent }, { heard, peers }] of counts) {
        if (name === 'relay') continue
        for (const other of this.drones)
          assert.ok(other.agent === agent || heard.has(other.agent), `${name} hears no ${other.name}`)
        assert.ok(peers.length > 0, `${name} is alone`)
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lab[Symbol.asyncDispose]()
  }

  #of(honest: Honest): Fighter {
    const fighter = this.#fighters.get(honest.name)
    assert.ok(fighter)
    return fighter
  }

  async #enlist(name: string, role: Role, config: PartialConfig): Promise<Honest> {
    const dataDir = join(this.#lab.dir, name)
    const { agent } = await createIdentity(dataDir)
    const { credential } = this.#certify(agent, role)
    await mkdir(join(dataDir, TRUST_DIR), { recursive: true })
    await writeFile(join(dataDir, TRUST_DIR, GENESIS_FILE), this.#authority.genesis)
    await writeFile(join(dataDir, TRUST_DIR, CREDENTIAL_FILE), credential)
    const flags = {
      ...this.#lab.baseConfig(),
      name,
      role,
      dataDir,
      listen: [`/ip4/127.0.0.1/tcp/${await freePort()}`],
      log: { level: 'error', format: 'json' } as const,
      ...config,
    }
    return await this.#start(name, role, flags)
  }

  async #start(name: string, role: Role, flags: PartialConfig): Promise<Honest> {
    const child = Child.spawn<ToHonest, FromHonest>(this.#lab, './honest.ts')
    const { agent, listen } = await child.ask({ t: 'start', flags }, 'up')
    const honest = this.#fighters.get(name)?.honest ?? { name, role, agent, address: listen }
    this.#fighters.set(name, { honest, flags, child })
    return honest
  }

  #certify(agent: string, role: Role) {
    const notAfterMs = Date.now() + DAY_MS
    return this.#authority.issue({ agent, name: `member-${++this.#issued}`, roles: [role], notAfterMs })
  }

  #revokeSomebody(): Uint8Array {
    return this.#revoke(this.#somebody())
  }

  /** A member that never joined. */
  #somebody(): string {
    const agent = agentOf(keyOf(newSeed()))
    this.#certify(agent, 'drone')
    return agent
  }

  #revoke(agent: string): Uint8Array {
    return this.#authority.revoke({ agent, reason: 'captured' })
  }
}
