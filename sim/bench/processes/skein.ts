import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, type SkeinClient } from '../../../node/client/client.ts'
import type { AgentId } from '../../../src/ports.ts'
import type { Lab, Started } from './lab.ts'

export const BIN = join(import.meta.dirname, '../../../node/cli/bin.js')
const BANNER = /^api\s+(http:\S+)/m
const ASK_EVERY_MS = 5
const READY_WITHIN_MS = 60_000

/** A node that runs as a process of its own, by `skein run` or `skein relay`. */
export interface SkeinProcess extends Started {
  readonly name: string
  readonly url: string
  readonly client: SkeinClient
}

export interface SkeinPlan {
  readonly command: 'run' | 'relay'
  readonly name: string
  /** Configuration beside what keeps it on this machine: `path=value`, one each. */
  readonly set?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a node on loopback, at free ports and finding nobody by itself; resolves at its banner. */
export async function startSkein(
  lab: Lab,
  { command, name, set = [], env = {} }: SkeinPlan,
): Promise<SkeinProcess> {
  const settings = [
    'listen=["/ip4/127.0.0.1/tcp/0"]',
    'mdns=false',
    'api.port=0',
    'eventLog.reserveMiB=1',
    ...set,
  ]
  const started = await lab.start(
    [
      BIN,
      command,
      ...['--data-dir', join(lab.dir, name), '--name', name, '--swarm', lab.swarm, '--log-level', 'warn'],
      ...settings.flatMap(one => ['--set', one]),
    ],
    BANNER,
    env,
  )
  const url = started.said[0] ?? ''
  return { ...started, name, url, client: createClient({ url }) }
}

/** Waits for `/readyz` to say yes; returns how long it took, ms. */
export async function ready(client: SkeinClient): Promise<number> {
  const startedMs = performance.now()
  for (;;) {
    const { ready: is, text } = await client.readiness()
    const tookMs = performance.now() - startedMs
    if (is) return tookMs
    if (tookMs > READY_WITHIN_MS) throw new Error(`not ready within ${READY_WITHIN_MS / 1000} s:\n${text}`)
    await sleep(ASK_EVERY_MS)
  }
}

/** How peers dial it, and who it is. */
export async function reach(
  client: SkeinClient,
): Promise<{ readonly agent: AgentId; readonly listen: readonly string[] }> {
  const { agent, listen } = await client.status()
  return { agent, listen }
}

export const bootstrapAt = (listen: readonly string[]): string => `bootstrap=${JSON.stringify(listen)}`
