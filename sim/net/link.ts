import { mix32 } from '../kernel/random.ts'

/** How a radio link treats packets. Probabilities 0..1. */
export interface LinkConditions {
  /** One-way delay of one hop: `minUs` + exponential with mean `meanUs` + uniform in [0, `jitterUs`). */
  readonly minUs: number
  readonly meanUs: number
  readonly jitterUs: number
  /** Chance that one hop loses a packet. */
  readonly loss: number
  readonly duplicate: number
  /** Chance that a packet is held back by up to `reorderUs` more, so that later ones overtake it. */
  readonly reorder: number
  readonly reorderUs: number
  /** Gilbert-Elliott: a link is good or bad for exponential times and loses `loss` of its packets while bad. */
  readonly burst: { readonly goodUs: number; readonly badUs: number; readonly loss: number } | null
}

/** A healthy radio: 5 ms, an exponential tail of 10 ms, nothing lost. */
export const GOOD_LINK: LinkConditions = {
  minUs: 5_000,
  meanUs: 10_000,
  jitterUs: 2_000,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  reorderUs: 0,
  burst: null,
}

const TABLE = 4096
/** -ln(u) at the middle of each of 4096 equal parts of (0, 1): exponential draws by one look-up. */
const EXPONENTIAL = Float64Array.from({ length: TABLE }, (_, i) => -Math.log((i + 0.5) / TABLE))

interface BurstState {
  bad: boolean
  untilUs: number
  /** Changes so far: names the next draw. */
  draws: number
}

const CHANCE = 2 ** 32

/**
 * All directed links of a run. The randomness of link 3>5 is a stream of its own, `net/3>5`, drawn by
 * counter: the fate of a packet is a hash of (seed, from, to, number of the sender's packet). Nothing is kept
 * per link, so ten thousand drones cost no more each than a hundred, and a packet more on one link changes
 * no other.
 */
export class Links {
  conditions: LinkConditions = GOOD_LINK
  readonly #key: number
  readonly #bursts = new Map<number, BurstState>()
  #state = 0

  constructor(seed: number) {
    this.#key = mix32(seed)
  }

  /** Begins the draws for one packet of one link. */
  begin(from: number, to: number, packet: number): void {
    const link = Math.imul(from + 1, 0x9e3779b1) ^ Math.imul(to + 1, 0x85ebca77)
    this.#state = mix32(this.#key ^ link ^ Math.imul(packet, 0xc2b2ae3d))
  }

  #next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    return mix32(this.#state)
  }

  #happens(chance: number): boolean {
    return chance > 0 && this.#next() < chance * CHANCE
  }

  /** Whether `hops` hops lose the packet begun. */
  lost(from: number, to: number, hops: number, nowUs: number): boolean {
    const { loss, burst } = this.conditions
    if (burst !== null && this.#bad(from, to, nowUs) && this.#happens(burst.loss)) return true
    return loss > 0 && this.#happens(hops === 1 ? loss : 1 - (1 - loss) ** hops)
  }

  /** Delay of the packet begun, integer µs, over `hops` hops. */
  delayUs(hops: number): number {
    const { minUs, meanUs, jitterUs, reorder, reorderUs } = this.conditions
    const bits = this.#next()
    let delay = hops * (minUs + (EXPONENTIAL[bits >>> 20] as number) * meanUs)
    if (jitterUs > 0) delay += ((bits & 0xfffff) / 0x100000) * jitterUs
    if (this.#happens(reorder)) delay += (this.#next() / CHANCE) * reorderUs
    return Math.round(delay)
  }

  duplicated(): boolean {
    return this.#happens(this.conditions.duplicate)
  }

  /** Whether the link is in the bad state of Gilbert-Elliott at `nowUs`; walks its chain up to now. */
  #bad(from: number, to: number, nowUs: number): boolean {
    const { burst } = this.conditions
    if (burst === null) return false
    const id = from * 0x100000 + to
    let state = this.#bursts.get(id)
    if (state === undefined) {
      state = { bad: false, untilUs: 0, draws: 0 }
      this.#bursts.set(id, state)
    }
    while (state.untilUs <= nowUs) {
      if (state.draws > 0) state.bad = !state.bad
      const draw = mix32(this.#key ^ mix32(id) ^ Math.imul(++state.draws, 0x27d4eb2f))
      const meanUs = state.bad ? burst.badUs : burst.goodUs
      state.untilUs += 1 + Math.round((EXPONENTIAL[draw >>> 20] as number) * meanUs)
    }
    return state.bad
  }
}
