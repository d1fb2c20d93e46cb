import { createHash } from 'node:crypto'
import type {
  CommandAnswer,
  CommandRequest,
  NeighborView,
  NodeStatus,
  PeerView,
  SkeinNode,
} from '../../../node/interface.ts'
import { ed25519Signer } from '../../../protocols/identity/ed25519.ts'
import { signBatch } from '../../../src/eventlog/batch.ts'
import type { EventDraft, HashedEvent } from '../../../src/eventlog/event.ts'
import { batchLine, eventLine } from '../../../src/eventlog/export.ts'
import type { VehicleFix } from '../../../src/position/position.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { checkFix, FixRefusedError } from '../../../src/vehicle/fix-check.ts'

export const SELF = '12D3KooWJ5s3Y4J8ohTe9yS8w1uV5GmVZ4PLS3yB4zVfFYc9Q1aA'
export const OTHER = '12D3KooWQy7oQYgB8JgQhN5nKq8fPXM4Fv1BfV4N2o1rjJ9zXwBb'
const SIGNER = ed25519Signer(new Uint8Array(32).fill(7))

/** A whole node without network and disk: its log is an array, its map frames are length-prefixed counters. */
export class MemoryNode implements SkeinNode {
  readonly agent = SELF
  readonly events: HashedEvent[] = []
  readonly fixes: VehicleFix[] = []
  checks = [{ name: 'storage', ok: true, detail: 'writes take 2 ms' }]
  peerList: PeerView[] = [peer(OTHER)]
  /** Bytes of one map frame. */
  frameBytes = 64
  framesMade = 0
  running = true
  vehicleKind = 'http'
  metricsText = 'skein_ready 1\n'
  /** Seqs below this are no longer kept. */
  firstKept = 1
  readonly #listeners = new Set<(event: HashedEvent) => void>()

  get listeners(): number {
    return this.#listeners.size
  }

  /** Appends and tells at once, as a node does once the write is durable. */
  append(type: string, data: EventDraft['data'] = {}): HashedEvent {
    const seq = this.events.length + 1
    const prevHash = this.events.at(-1)?.hash ?? new Uint8Array(32)
    const hlc = hlcOfMs(1_790_000_000_000 + seq)
    const event = { v: 1, author: SELF, boot: 1, seq, prevHash, hlc, type, subject: '', data }
    const hash = new Uint8Array(createHash('sha256').update(`${type}:${seq}`).digest())
    const hashed = { event, hash }
    this.events.push(hashed)
    for (const listener of this.#listeners) listener(hashed)
    return hashed
  }

  status(): NodeStatus {
    const seq = this.events.length
    return {
      agent: SELF,
      name: 'drone-1',
      role: 'drone',
      swarm: 'test',
      version: '0.1.0',
      boot: 1,
      startedAt: '2026-11-20T08:00:00.000Z',
      uptimeS: 12.5,
      listen: ['/ip4/127.0.0.1/tcp/4001'],
      api: 'http://127.0.0.1:0',
      dataDir: '/data',
      vehicle: { kind: this.vehicleKind, phase: 'flying', fix: this.fixes.at(-1) ?? null, fixAgeMs: 10 },
      peers: { connected: this.peerList.length, known: this.peerList.length },
      cells: { own: '881f8d4b07fffff', joined: ['881f8d4b07fffff'] },
      log: { seq, durableSeq: seq, health: 'whole', sizeBytes: 1_000 },
      clock: { trusted: true, offsetMs: 3, boundMs: 1_000, steps: 0 },
      trust: { mode: 'open', certificate: null, epoch: 0, behind: false, members: 0 },
      worldModelAgeMs: 90,
      checks: this.checks,
    }
  }

  peers(): readonly PeerView[] {
    return this.peerList
  }

  neighbors(): readonly NeighborView[] {
    return this.peerList.map(({ agent }) => neighbor(agent))
  }

  postFix(fix: VehicleFix): void {
    if (!this.running) throw new FixRefusedError('not-running', null, 'the node is stopping')
    const refused = checkFix(fix, null, null, { monoUs: 0, wallMs: 0 })
    if (refused !== null) throw refused
    this.fixes.push(fix)
  }

  async note(draft: EventDraft): Promise<HashedEvent> {
    return this.append(draft.type, draft.data)
  }

  async *readLog(
    fromSeq: number,
    options: { readonly limit?: number; readonly signal?: AbortSignal } = {},
  ): AsyncIterable<HashedEvent> {
    const from = Math.max(fromSeq, this.firstKept)
    const slice = this.events.slice(from - 1, from - 1 + (options.limit ?? Number.POSITIVE_INFINITY))
    for (const event of slice) {
      if (options.signal?.aborted === true) return
      // As a disk does: others run between two reads.
      await new Promise(resolve => setImmediate(resolve))
      yield event
    }
  }

  /** One batch, signed with a key that is not that of this agent. */
  async *exportLog(fromSeq: number, options: { readonly signal?: AbortSignal } = {}): AsyncIterable<string> {
    const first = Math.max(fromSeq, this.firstKept)
    for await (const hashed of this.readLog(fromSeq, options)) yield `${JSON.stringify(eventLine(hashed))}\n`
    const last = this.events.at(-1)
    if (last === undefined || last.event.seq < first) return
    const { boot, seq, hlc } = last.event
    const batch = {
      author: SELF,
      boot,
      first,
      last: seq,
      root: last.hash,
      head: last.hash,
      hlc,
      sizeBytes: 1,
    }
    yield `${JSON.stringify(batchLine(signBatch(batch, SIGNER)))}\n`
  }

  onEvent(listener: (event: HashedEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  mapFrame(): Uint8Array {
    this.framesMade += 1
    const frame = new Uint8Array(4 + this.frameBytes)
    const view = new DataView(frame.buffer)
    view.setUint32(0, this.frameBytes, true)
    view.setUint32(4, this.framesMade, true)
    return frame
  }

  async *mapFramesOf(agent: string, hz: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
    if (this.peerList.find(peer => peer.agent === agent)?.state !== 'connected')
      throw new Error('it is not connected')
    while (!signal.aborted) {
      yield this.mapFrame()
      await new Promise(resolve => setTimeout(resolve, 1_000 / hz))
    }
  }

  trust() {
    return null
  }

  async revoke(_: Uint8Array) {
    return { taken: false, epoch: 0 }
  }

  async command({ target, nonce = '00'.repeat(16) }: CommandRequest): Promise<CommandAnswer> {
    const at = '2026-11-20T08:00:00.000Z'
    return { target, nonce, decision: 'allow', rule: 'core.safe', reason: 'it is safe', at }
  }

  async metrics(): Promise<string> {
    return this.metricsText
  }

  async stop(): Promise<void> {}
}

export function peer(agent: string, state: PeerView['state'] = 'connected'): PeerView {
  return {
    agent,
    name: null,
    role: 'drone',
    state,
    why: null,
    path: 'direct',
    rttMs: 1.5,
    addresses: ['/ip4/127.0.0.1/tcp/4002'],
    version: '0.1.0',
    clockOffsetMs: null,
    mesh: true,
    lastSeenMs: 20,
  }
}

const neighbor = (agent: string): NeighborView => ({
  agent,
  name: null,
  belief: 'point',
  ageMs: 80,
  latDeg: 47.3769,
  lngDeg: 8.5417,
  altitude: { valueM: 500, reference: 'W84' },
  uncertaintyM: { horizontal: 2, vertical: 3 },
  velocityMps: { north: 1, east: -2, up: 0.5 },
  headingDeg: 12,
  batteryPct: 80,
  status: 'Airborne',
  cell: '881f8d4b07fffff',
  boot: 1,
  seq: 3,
  distanceM: 120,
})
