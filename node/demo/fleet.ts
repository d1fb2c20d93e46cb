import { type ChildProcess, fork } from 'node:child_process'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AgentId } from '../../src/ports.ts'
import type { FlagValues } from '../config/from-flags.ts'
import type { NodeStatus } from '../interface.ts'
import type { FromMember, ToMember } from './messages.ts'

/** Found from this folder, and from its neighbour that holds the shared code of a published package. */
const MEMBER = fileURLToPath(
  new URL(`../demo/member.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
)
/** A member that does not go when asked is ended. */
const STOP_WITHIN_MS = 5_000

/** What the demo knows of one of its processes. */
export interface Member {
  readonly name: string
  readonly state: 'starting' | 'up' | 'dead'
  readonly pid: number | null
  readonly status: NodeStatus | null
  /** Neighbours believed to be at a point, and those only known to be somewhere. */
  readonly points: number
  readonly volumes: number
  /** Which side of a partition it is on; null = there is none. */
  readonly side: 'a' | 'b' | null
}

/** How one member is started, the first time and again. */
export interface MemberPlan {
  readonly name: string
  readonly config: FlagValues
  readonly delivery: { readonly index: number; readonly startAfterS: number } | null
}

interface Slot {
  readonly plan: MemberPlan
  child: ChildProcess | null
  member: Member
}

/** The processes of a demo: started, killed, restarted, cut apart and healed. */
export class Fleet {
  readonly #root: string
  readonly #slots: Slot[] = []

  constructor(root: string) {
    this.#root = root
  }

  members(): readonly Member[] {
    return this.#slots.map(({ member }) => member)
  }

  /** Starts a process; resolves when its node is up. */
  async launch(plan: MemberPlan): Promise<NodeStatus> {
    const slot: Slot = { plan, child: null, member: { ...NEW, name: plan.name } }
    this.#slots.push(slot)
    return await this.#start(slot)
  }

  /** Ends a process the hard way, as a crash would. */
  kill(name: string): void {
    const slot = this.#slots.find(({ plan }) => plan.name === name)
    slot?.child?.kill('SIGKILL')
  }

  /** Starts a dead process again, on the same data. */
  async restart(name: string): Promise<void> {
    const slot = this.#slots.find(({ plan, member }) => plan.name === name && member.state === 'dead')
    if (slot !== undefined) await this.#start(slot)
  }

  /** Cuts the swarm in two; each side goes on by itself. */
  partition(isA: (name: string) => boolean): void {
    for (const slot of this.#slots) slot.member = { ...slot.member, side: isA(slot.plan.name) ? 'a' : 'b' }
    this.#tellSides()
  }

  heal(): void {
    for (const slot of this.#slots) slot.member = { ...slot.member, side: null }
    this.#tellSides()
  }

  /** Lets every node leave in good order, and ends those that don't. */
  async stop(): Promise<void> {
    await Promise.all(this.#slots.map(({ child }) => (child === null ? null : stopChild(child))))
  }

  async #start(slot: Slot): Promise<NodeStatus> {
    const { plan } = slot
    const dataDir = join(this.#root, plan.name)
    const child = await forkMember(dataDir)
    slot.child = child
    slot.member = { ...slot.member, state: 'starting', pid: child.pid ?? null }
    child.once('exit', () => {
      slot.child = null
      slot.member = { ...slot.member, state: 'dead', pid: null, points: 0, volumes: 0 }
    })
    const ready = firstWord(child, plan.name)
    child.on('message', (message: FromMember) => {
      if (message.t === 'status') slot.member = { ...slot.member, ...message, name: plan.name }
    })
    send(child, {
      t: 'start',
      config: { ...plan.config, name: plan.name, dataDir },
      delivery: plan.delivery,
    })
    const status = await ready
    slot.member = { ...slot.member, state: 'up', status }
    this.#tellSides()
    return status
  }

  #tellSides(): void {
    for (const { child, member } of this.#slots) {
      if (child === null || member.state !== 'up') continue
      const others = this.#slots.filter(other => member.side !== null && other.member.side !== member.side)
      send(child, { t: 'block', agents: others.flatMap(({ member: { status } }) => agentOf(status)) })
    }
  }
}

const NEW: Omit<Member, 'name'> = {
  state: 'starting',
  pid: null,
  status: null,
  points: 0,
  volumes: 0,
  side: null,
}

const agentOf = (status: NodeStatus | null): readonly AgentId[] => (status === null ? [] : [status.agent])

function send(child: ChildProcess, message: ToMember): void {
  if (child.connected) child.send(message)
}

/** Its own words on stderr go to a file beside its data: the terminal belongs to the demo. */
async function forkMember(dataDir: string): Promise<ChildProcess> {
  await mkdir(dataDir, { recursive: true })
  const stderr = await open(join(dataDir, 'stderr.log'), 'a')
  try {
    return fork(MEMBER, { stdio: ['ignore', 'ignore', stderr.fd, 'ipc'] })
  } finally {
    await stderr.close()
  }
}

/** Whether a new process came up, or why not. */
function firstWord(child: ChildProcess, name: string): Promise<NodeStatus> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: FromMember) => {
      if (message.t === 'ready') resolve(message.status)
      else if (message.t === 'failed') reject(new Error(`${name} did not start: ${message.reason}`))
    })
    child.once('exit', code => reject(new Error(`${name} ended with code ${code} before it was up`)))
  })
}

function stopChild(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    send(child, { t: 'stop' })
  })
}
