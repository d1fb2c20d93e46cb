import type { Agent } from '../../src/agent/agent.ts'
import type { Effect } from '../../src/agent/interface.ts'
import type { Judgement } from '../../src/policy/admission.ts'
import type { AgentId } from '../../src/ports.ts'
import type { Air } from '../net/air.ts'
import { linkId } from '../net/cuts.ts'
import type { SimNode } from '../process/node.ts'
import { GRACE_MS } from '../trust/authority.ts'
import type { Doors } from '../trust/doors.ts'
import type { Members } from '../trust/members.ts'
import { Mesh } from '../trust/mesh.ts'
import type { Watch } from './watch.ts'

/** Whoever is joined to one who knows of a revocation knows of it within this. */
const SPREADS_WITHIN_US = 10_000_000
/** From the order to land until it stands: 150 m down at 3 m/s, the last six slowly. */
const LANDS_WITHIN_US = 75_000_000

export interface TrustWatchInit {
  readonly watch: Watch
  readonly nodes: readonly SimNode[]
  readonly air: Air
  readonly members: Members
  readonly doors: Doors
  readonly nowUs: () => number
  readonly isAirborne: (node: number) => boolean
  readonly clockBoundMs: number
}

/** What one node was last seen to know and believe. */
interface Seen {
  /** The life it was seen in. */
  life: number
  epoch: number
  /** Epochs that it should know, and since when. */
  readonly owes: Map<number, number>
  /** Since when its process runs and its clock is right, virtual us; null = they don't. */
  soundSinceUs: number | null
}

/** The rules of trust, checked at every second, every hello and every message to a peer. */
export class TrustWatch {
  readonly #init: TrustWatchInit
  readonly #seen: Seen[]
  /** By pair of node and revoked author: the stamp of what is held of it by one who knows. */
  readonly #held = new Map<number, number>()
  /** By node: the newest epoch that is in its log for good. */
  readonly #durableEpoch: number[]
  /** Those that something gets through to, now. */
  readonly #joined: Mesh

  constructor(init: TrustWatchInit) {
    this.#init = init
    const { nodes } = init
    this.#seen = nodes.map(() => ({ life: -1, epoch: 0, owes: new Map(), soundSinceUs: null }))
    this.#durableEpoch = nodes.map(() => 0)
    this.#joined = new Mesh(nodes.length, visit => this.#eachOpenLink(visit))
  }

  /** An agent starts with what its log says. */
  started(node: SimNode, agent: Agent): void {
    const { watch } = this.#init
    if (watch.everDamaged(node)) this.#durableEpoch[node.index] = 0
    const known = this.#durableEpoch[node.index] as number
    const epoch = epochOf(agent)
    watch.expect('epochs-rise', node, epoch >= known, () => `starts at epoch ${epoch}, its log said ${known}`)
  }

  /** An event of a node's log is durable. */
  event(node: SimNode, { event: { event } }: Effect & { t: 'event' }): void {
    const { type, subject, data } = event
    if (type === 'trust.revoked' && typeof data.epoch === 'number') {
      this.#durableEpoch[node.index] = Math.max(this.#durableEpoch[node.index] as number, data.epoch)
    } else if (type === 'trust.equivocated' || type === 'trust.cloned') this.#accused(node, subject, type)
  }

  /** A node has judged a hello. */
  judged(node: SimNode, peer: SimNode, judgement: Judgement): void {
    const refusal = 'refusal' in judgement ? judgement.refusal : null
    const isAccused = refusal === 'equivocated' || refusal === 'cloned'
    const { watch, members } = this.#init
    watch.expect(
      'honest-never-convicted',
      node,
      !isAccused || members.everLied(peer.index),
      () => `turned node ${peer.index} away as ${refusal}`,
    )
  }

  /** A node sends to another, which it may have turned away. */
  sent(node: SimNode, peer: SimNode, turnedAway: boolean): void {
    this.#init.watch.expect(
      'refused-told-nothing',
      node,
      !turnedAway,
      () => `sends to node ${peer.index}, which it turned away`,
    )
  }

  second(): void {
    const { nodes, nowUs } = this.#init
    this.#joined.changed()
    const newest = new Map<number, number>()
    for (const node of nodes) {
      if (node.agent === null || !node.running(nowUs())) continue
      const part = this.#joined.part(node.index)
      newest.set(part, Math.max(newest.get(part) ?? 0, epochOf(node.agent)))
    }
    for (const node of nodes) {
      const seen = this.#seen[node.index] as Seen
      if (node.agent === null || !node.running(nowUs())) {
        seen.owes.clear()
        seen.soundSinceUs = null
        continue
      }
      this.#knows(node, node.agent, seen, newest.get(this.#joined.part(node.index)) ?? 0)
      this.#believes(node, node.agent)
      this.#lands(node, seen)
    }
  }

  #accused(node: SimNode, subject: AgentId, type: string): void {
    const { watch, nodes, members } = this.#init
    const accused = nodes.find(({ id }) => id === subject)
    const lied = accused !== undefined && members.everLied(accused.index)
    watch.expect('honest-never-convicted', node, lied, () => `${type} of node ${accused?.index}`)
  }

  #knows(node: SimNode, agent: Agent, seen: Seen, newest: number): void {
    const { watch, nowUs } = this.#init
    const epoch = epochOf(agent)
    const before = seen.life === node.epoch ? seen.epoch : 0
    watch.expect('epochs-rise', node, epoch >= before, () => `epoch ${epoch} after ${before}`)
    seen.life = node.epoch
    seen.epoch = epoch
    if (newest > epoch && !seen.owes.has(newest)) seen.owes.set(newest, nowUs())
    for (const [owed, sinceUs] of seen.owes) {
      if (owed <= epoch || owed > newest) seen.owes.delete(owed)
      else {
        const isInTime = nowUs() - sinceUs <= SPREADS_WITHIN_US
        watch.expect('revocation-spreads', node, isInTime, () => {
          return `is at epoch ${epoch}, joined since ${sinceUs / 1e6} s to one that knows ${owed}`
        })
      }
    }
    if (newest > 0) watch.count('revocation-spreads')
  }

  /** Whoever knows that a certificate was taken back believes nothing new of its holder. */
  #believes(node: SimNode, agent: Agent): void {
    const { watch, nodes, members } = this.#init
    const epoch = epochOf(agent)
    for (const author of nodes) {
      const revoked = members.revokedEpoch(author.index)
      const id = linkId(node.index, author.index)
      if (revoked === null || epoch < revoked || author === node) {
        this.#held.delete(id)
        continue
      }
      const stamp = agent.sharing.world.get(author.id)?.signed.position.hlc ?? 0
      const before = this.#held.get(id)
      this.#held.set(id, stamp)
      watch.expect('revoked-unheard', node, before === undefined || stamp <= before, () => {
        return `believes a new report of node ${author.index}, revoked with epoch ${revoked}, which it knows`
      })
    }
  }

  /** A drone whose certificate ended is down within its grace, if its process and its clock work. */
  #lands(node: SimNode, seen: Seen): void {
    const { watch, members, nowUs, isAirborne, clockBoundMs } = this.#init
    if (watch.clockOff(node, clockBoundMs)) seen.soundSinceUs = null
    else seen.soundSinceUs ??= nowUs()
    const endsMs = members.endsMs(node.index)
    if (endsMs === null || seen.soundSinceUs === null) return
    const dueUs = Math.max((endsMs + GRACE_MS) * 1000, seen.soundSinceUs) + LANDS_WITHIN_US
    if (nowUs() < dueUs) return
    watch.expect('expired-lands', node, !isAirborne(node.index), () => {
      return `flies, and its certificate ended at ${endsMs / 1000} s`
    })
  }

  /** Pairs that let each other in and that nothing holds back at this moment. */
  #eachOpenLink(visit: (a: number, b: number) => void): void {
    const { nodes, doors, air, nowUs } = this.#init
    const runs = (i: number): boolean => nodes[i]?.running(nowUs()) === true
    for (let a = 0; a < nodes.length; a++) {
      if (!runs(a)) continue
      for (const b of doors.inside(a)) {
        if (b > a && runs(b) && doors.isIn(b, a) && air.flows(a, b) && air.flows(b, a)) visit(a, b)
      }
    }
  }
}

const epochOf = (agent: Agent): number => agent.trusting?.membership.epoch ?? 0
