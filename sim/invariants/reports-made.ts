import type { AgentId, CellId } from '../../src/ports.ts'
import type { Position } from '../../src/position/position.ts'

/** Reports remembered per author: at the ceiling of 10 Hz 12.8 s, which is beyond any validity plus clock bound here. */
const KEPT = 128

/** What one author truly did: the ground that beliefs are checked against. */
export interface Made {
  readonly node: number
  boot: number
  seq: number
  hlc: number
  atUs: number
  cell: CellId
  /** Since when it reports into that cell. */
  cellSinceUs: number
  readonly times: Float64Array
}

/** The simulator's own record of who reported what when, in true time. */
export class ReportsMade {
  readonly #byAgent = new Map<AgentId, Made>()

  add(node: number, position: Position, cell: CellId, atUs: number): void {
    let made = this.#byAgent.get(position.agent)
    if (made === undefined) {
      made = {
        node,
        boot: 0,
        seq: 0,
        hlc: 0,
        atUs: 0,
        cell,
        cellSinceUs: atUs,
        times: new Float64Array(KEPT),
      }
      this.#byAgent.set(position.agent, made)
    }
    if (position.boot !== made.boot) made.times.fill(Number.NEGATIVE_INFINITY)
    made.boot = position.boot
    made.seq = position.seq
    made.hlc = position.hlc
    made.atUs = atUs
    if (made.cell !== cell) made.cellSinceUs = atUs
    made.cell = cell
    made.times[position.seq % KEPT] = atUs
  }

  of(agent: AgentId): Made | undefined {
    return this.#byAgent.get(agent)
  }

  /** True age of a report, µs; at least that of the oldest kept when it is older; null = it was never made. */
  ageUs(position: Position, nowUs: number): number | null {
    const made = this.#byAgent.get(position.agent)
    if (made === undefined) return null
    const { boot, seq } = position
    if (boot > made.boot || (boot === made.boot && seq > made.seq)) return null
    const recent = boot === made.boot && made.seq - seq < KEPT
    // Of an earlier boot only this is known: older than the first of this one.
    const at = recent ? made.times[seq % KEPT] : made.times[(made.seq + 1) % KEPT]
    const atUs = at === undefined || at === Number.NEGATIVE_INFINITY ? made.times[1] : at
    return atUs === undefined || atUs === Number.NEGATIVE_INFINITY ? 0 : nowUs - atUs
  }
}
