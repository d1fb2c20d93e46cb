import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Authority, createAuthority } from '../../../node/authority/authority.ts'
import { loadConfig } from '../../../node/config/load.ts'
import type { PartialConfig } from '../../../node/config/schema.ts'
import { createIdentity } from '../../../node/identity/identity.ts'
import { createLogger } from '../../../node/log.ts'
import { createNode, type RunningNode } from '../../../node/node.ts'
import { CREDENTIAL_FILE, GENESIS_FILE, TRUST_DIR } from '../../../node/trust/trust-files.ts'
import type { VehicleLink } from '../../../node/vehicles/interface.ts'
import type { Role } from '../../../src/policy/roles.ts'
import type { AgentId } from '../../../src/ports.ts'

const DAY_MS = 86_400_000

export interface MemberOptions {
  readonly roles?: readonly Role[]
  readonly notBeforeMs?: number
  readonly notAfterMs?: number
  readonly bootstrap?: readonly string[]
  readonly config?: PartialConfig
  readonly vehicle?: VehicleLink
}

/** A closed swarm of real nodes in this process, and the authority that founded it. */
export class ClosedSwarm {
  readonly authority: Authority
  readonly dir: string
  readonly log: string[] = []
  #authorityMs: number
  readonly #nodes = new Set<RunningNode>()

  private constructor(dir: string, swarm: string, graceMs: number) {
    this.dir = dir
    // Founded a month ago, so that there can be certificates that have ended.
    this.#authorityMs = Date.now() - 30 * DAY_MS
    this.authority = createAuthority({ swarm, nowMs: () => this.#authorityMs, defaults: { graceMs } })
  }

  static async found(swarm = 'closed', graceMs = 3_600_000): Promise<ClosedSwarm> {
    return new ClosedSwarm(await mkdtemp(join(tmpdir(), 'skein-trust-')), swarm, graceMs)
  }

  dirOf(name: string): string {
    return join(this.dir, name)
  }

  /** Makes a data directory with an identity and nothing else; returns whose it is. */
  async settle(name: string): Promise<AgentId> {
    return (await createIdentity(this.dirOf(name))).agent
  }

  /** Writes a new certificate into a data directory; returns its serial. */
  async certify(name: string, agent: AgentId, options: MemberOptions = {}): Promise<number> {
    const { roles = ['drone'], notBeforeMs = Date.now() - 1_000, notAfterMs = Date.now() + DAY_MS } = options
    this.#authorityMs = notBeforeMs
    const { credential, serial } = this.authority.issue({ agent, name, roles, notBeforeMs, notAfterMs })
    const dir = join(this.dirOf(name), TRUST_DIR)
    await mkdir(dir, { recursive: true })
    await writeFile(join(dir, GENESIS_FILE), this.authority.genesis)
    await writeFile(join(dir, CREDENTIAL_FILE), credential)
    return serial
  }

  /** A node with a certificate of this swarm. */
  async member(name: string, options: MemberOptions = {}): Promise<RunningNode> {
    await this.certify(name, await this.settle(name), options)
    return await this.run(name, options)
  }

  /** Starts a node from its data directory, whatever is in there. */
  async run(name: string, { roles = ['drone'], bootstrap = [], config, vehicle }: MemberOptions = {}) {
    const [role = 'drone'] = roles
    const loaded = loadConfig({
      profile: 'sim',
      flags: {
        name,
        role,
        bootstrap,
        dataDir: this.dirOf(name),
        relay: { client: false },
        vehicle: { kind: 'fixed', start: { latDeg: 47.37, lngDeg: 8.54, altM: 500 } },
        ...config,
      },
    })
    const to = { write: (line: string) => void this.log.push(line) }
    const node = await createNode(loaded.config, {
      log: createLogger({ level: 'info', format: 'json', name, to }),
      ...(vehicle === undefined ? {} : { vehicle }),
    })
    this.#nodes.add(node)
    return node
  }

  async stop(node: RunningNode): Promise<void> {
    this.#nodes.delete(node)
    await node.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#nodes].map(node => node.stop()))
    await rm(this.dir, { recursive: true, force: true })
  }
}

export const addressOf = (node: RunningNode): string => {
  const [address] = node.status().listen
  if (address === undefined) throw new Error('the node listens nowhere')
  return address
}

/** Whether `node` is connected to `agent`. */
export const isWith = (node: RunningNode, agent: AgentId): boolean =>
  node.peers().some(peer => peer.agent === agent && peer.state === 'connected')
