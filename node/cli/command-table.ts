import type { Command } from 'commander'

/** One command of `skein`. Its code is loaded only when it is asked for, so that help comes at once. */
export interface CommandEntry {
  readonly name: string
  readonly group: string
  readonly summary: string
  load(): Promise<{ readonly command: () => Command }>
}

const NODE = 'Run a node'
const ASK = 'Ask a running node (--api, SKEIN_API)'
const CARE = 'Set up and check'

/** Help, completion and dispatch all follow from this table. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'run',
    group: NODE,
    summary: 'run the node of a drone, an anchor or an observer',
    load: () => import('./commands/run.ts'),
  },
  {
    name: 'relay',
    group: NODE,
    summary: 'run a relay: others find and reach each other through it',
    load: () => import('./commands/relay.ts'),
  },
  {
    name: 'demo',
    group: NODE,
    summary: 'fly a local swarm of real nodes, with a live map',
    load: () => import('./commands/demo.ts'),
  },
  {
    name: 'status',
    group: ASK,
    summary: 'who it is, how it is, and every health check',
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'peers',
    group: ASK,
    summary: 'peers it is connected to, and how',
    load: () => import('./commands/peers.ts'),
  },
  {
    name: 'neighbors',
    group: ASK,
    summary: 'drones it knows of, and how old that is',
    load: () => import('./commands/neighbors.ts'),
  },
  {
    name: 'log',
    group: ASK,
    summary: 'its signed event log: tail, show, verify, export',
    load: () => import('./commands/log.ts'),
  },
  {
    name: 'command',
    group: ASK,
    summary: 'hold, land, return, goto, kill: tell a vehicle, hear its answer',
    load: () => import('./commands/command.ts'),
  },
  {
    name: 'init',
    group: CARE,
    summary: 'make a data directory, an identity and a configuration',
    load: () => import('./commands/init.ts'),
  },
  {
    name: 'data',
    group: CARE,
    summary: 'encrypt the data directory, change its key',
    load: () => import('./commands/data.ts'),
  },
  {
    name: 'token',
    group: CARE,
    summary: 'make, list and revoke tokens of its API',
    load: () => import('./commands/token.ts'),
  },
  {
    name: 'ca',
    group: CARE,
    summary: 'certificate authority: say who may join, and as what',
    load: () => import('./commands/ca.ts'),
  },
  {
    name: 'policy',
    group: CARE,
    summary: 'print who may do what',
    load: () => import('./commands/policy.ts'),
  },
  {
    name: 'doctor',
    group: CARE,
    summary: 'check this machine, and say how to fix what is wrong',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'config',
    group: CARE,
    summary: 'check, explain and document the configuration',
    load: () => import('./commands/config.ts'),
  },
  {
    name: 'completion',
    group: CARE,
    summary: 'completion for bash, zsh or fish',
    load: () => import('./commands/completion.ts'),
  },
]
