import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient, type SkeinClient } from '../../../node/client/client.ts'
import type { PartialConfig } from '../../../node/config/schema.ts'
import type { AgentId } from '../../../src/ports.ts'
import type { Lab } from './lab.ts'
import type { FromHost, ToHost } from './nodes-messages.ts'

/** A node that shares its process with others, known by its API like any other. */
export interface HostedNode {
  readonly name: string
  readonly agent: AgentId
  readonly client: SkeinClient
  readonly listen: readonly string[]
}

/** Several nodes in one process, which costs a fraction of as many processes. */
export class HostedNodes {
  readonly nodes: readonly HostedNode[]
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, nodes: readonly HostedNode[]) {
    this.#child = child
    this.nodes = nodes
  }

  static async start(lab: Lab, configs: readonly (PartialConfig & { name: string })[]): Promise<HostedNodes> {
    const child = fork(fileURLToPath(import.meta.resolve('./nodes-host.ts')), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    lab.own(child)
    const answer = ask(child, {
      t: 'start',
      nodes: configs.map(config => ({ ...lab.baseConfig(), dataDir: join(lab.dir, config.name), ...config })),
    })
    const said = await answer
    const up = said.t === 'ready' ? said.nodes : []
    return new HostedNodes(
      child,
      up.map(({ name, agent, api, listen }) => ({ name, agent, listen, client: createClient({ url: api }) })),
    )
  }

  /** Cuts each node off from the agents that `from` names for it; nobody = healed. */
  async block(from: (node: HostedNode) => readonly AgentId[]): Promise<void> {
    await ask(this.#child, { t: 'block', blocked: this.nodes.map(from) })
  }
}

/** Says something to the process and waits for its answer. */
function ask(child: ChildProcess, message: ToHost): Promise<FromHost> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`the nodes' process ended with ${code}`))
    child.once('exit', onExit)
    child.once('message', (answer: FromHost) => {
      child.off('exit', onExit)
      if (answer.t === 'failed') reject(new Error(answer.reason))
      else resolve(answer)
    })
    child.send(message)
  })
}
