import { join } from 'node:path'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { loadConfig } from '../../../node/config/load.ts'
import { BlockList } from '../../../node/host/block-list.ts'
import { createHost, type Host } from '../../../node/host/host.ts'
import { createIdentity } from '../../../node/identity/identity.ts'
import { createLogger } from '../../../node/log.ts'
import { systemNow } from '../../../node/runtime/clock.ts'
import { openAdmission } from '../../../node/trust/admission.ts'
import { PROTOCOL_VERSION } from '../../../protocols/hello/codec.ts'
import { Links } from '../../../protocols/hello/links.ts'
import { ed25519Signer, sha256 } from '../../../protocols/identity/ed25519.ts'
import { KeyDirectory } from '../../../protocols/identity/key-directory.ts'
import { createSealer } from '../../../protocols/position/sealing.ts'
import { positionTopic } from '../../../protocols/position/topic.ts'
import type { AgentId, CellId, Signer } from '../../../src/ports.ts'
import type { Position, SignedPosition } from '../../../src/position/position.ts'
import { eventually } from './eventually.ts'
import type { Lab } from './lab.ts'
import type { NodeProcess } from './node-process.ts'

/**
 * A peer made of the node's own parts, without an agent that keeps it honest: it says whatever a test wants, over
 * real connections. With `manners` it introduces itself as a member of the swarm does.
 */
export class Member implements AsyncDisposable {
  readonly host: Host
  readonly agent: AgentId
  readonly signer: Signer
  /** Seals reports as a member of the swarm. */
  readonly seal: (position: Position, cell: CellId) => SignedPosition
  /** All that gossip has brought. */
  readonly heard: { readonly topic: string; readonly bytes: Uint8Array }[]
  readonly #links: Links | null

  private constructor(
    parts: Pick<Member, 'host' | 'agent' | 'signer' | 'seal' | 'heard'>,
    links: Links | null,
  ) {
    this.host = parts.host
    this.agent = parts.agent
    this.signer = parts.signer
    this.seal = parts.seal
    this.heard = parts.heard
    this.#links = links
  }

  static async join(
    lab: Lab,
    options: { readonly manners?: boolean; readonly swarm?: string } = {},
  ): Promise<Member> {
    const { manners = true, swarm = lab.swarm } = options
    const dataDir = join(lab.dir, `member-${Math.random().toString(36).slice(2)}`)
    const identity = await createIdentity(dataDir)
    const flags = {
      ...lab.baseConfig(),
      swarm,
      dataDir,
      name: 'member',
      listen: [],
      relay: { client: false },
    }
    const { config } = loadConfig({ flags })
    const heard: { topic: string; bytes: Uint8Array }[] = []
    let links: Links | null = null
    const host = await createHost({
      config,
      identity,
      psk: null,
      blocked: new BlockList(),
      // Whoever has no manners waits for nobody else's.
      admitted: connection => links?.admitted(connection) ?? Promise.resolve(),
      log: createLogger({ level: 'silent', format: 'json', name: 'member' }),
      gossip: {
        ephemeral: () => true,
        validate(topic, bytes) {
          heard.push({ topic, bytes })
          return 'ignore'
        },
        onMessage: () => {},
      },
    })
    links = manners ? linksOf(host, swarm) : null
    await links?.start()
    await host.start()
    const signer = ed25519Signer(identity.seed)
    const seal = createSealer(swarm, signer, new KeyDirectory(sha256))
    return new Member({ host, agent: identity.agent, signer, seal, heard }, links)
  }

  /** Connects to a node; with manners, resolves when it has been taken in. */
  async meet(node: NodeProcess): Promise<Connection> {
    // A doorway full of strangers may shut on one of us: like any node, it calls again.
    const connection = await eventually('the node answers', () => this.host.dial(multiaddr(node.listen[0])))
    if (this.#links !== null) {
      await eventually('the node has taken us in', () => {
        if (this.#links?.link(node.agent)?.hello == null) throw new Error('no hello yet')
      })
    }
    return connection
  }

  /** Sends bytes on a cell's topic, once a node that listens to it is known. */
  async publish(cell: CellId, bytes: Uint8Array): Promise<void> {
    const topic = positionTopic(cell)
    const { gossip } = this.host.services
    await eventually('somebody listens to the topic', () => {
      if (gossip.subscribers(topic).length === 0) throw new Error('nobody yet')
    })
    gossip.publish(topic, bytes)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#links?.stop('the test is over')
    await this.host.stop()
  }
}

function linksOf(libp2p: Host, swarm: string): Links {
  const admission = openAdmission(swarm)
  return new Links({
    libp2p,
    self: () => ({
      ...admission.shows(),
      protocol: PROTOCOL_VERSION,
      swarm,
      name: 'member',
      role: 'drone',
      boot: 1,
      version: '0.0.0',
    }),
    judge: admission.judge,
    now: systemNow,
    cell: () => '',
    introduce: () => [],
    onUp: () => {},
    onDown: () => {},
    onRtt: () => {},
    onIntroduced: () => {},
  })
}
