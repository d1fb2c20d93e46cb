import type { CellId } from '../../src/ports.ts'
import { FrameError } from '../frame-error.ts'
import {
  decodeHello,
  encodeHello,
  FULL,
  type Hello,
  type HelloFrame,
  type Introduction,
  introductionFrames,
  PROTOCOL_VERSION,
  type Pulse,
} from './codec.ts'

/** Why a peer is let go; sent as the goodbye, so that its log says what is wrong. */
export type LinkEnd =
  | { readonly t: 'left'; readonly reason: string }
  | { readonly t: 'refused'; readonly reason: string }
  /** The peer has no room for us. */
  | { readonly t: 'full' }
  /** We had no room for the peer, and it did not hang up by itself. */
  | { readonly t: 'turned-away' }
  | { readonly t: 'silent' }

/** What one link asks of whoever carries it. */
export type LinkEffect =
  | { readonly t: 'send'; readonly frame: Uint8Array }
  | { readonly t: 'up'; readonly hello: Hello }
  /** A round trip took so long. */
  | { readonly t: 'rtt'; readonly rttMs: number }
  /** It flies in another cell now: whom it should know has changed. */
  | { readonly t: 'moved' }
  | { readonly t: 'introduced'; readonly peers: readonly Introduction[] }
  /** It sent what is no frame, which no honest node does. */
  | { readonly t: 'malformed' }
  | { readonly t: 'end'; readonly end: LinkEnd }

/** Three pulses missed, with half a second for the road: silence is noticed within 2.5 s. */
export const SILENT_AFTER_US = 2_500_000
/** A second, less what a timer may be early. */
const PULSE_EVERY_US = 990_000
/** The other side's hello must come within this time of connecting. */
export const HELLO_WITHIN_US = 3_000_000
/** Who is turned away hangs up within a round trip; it is not waited for longer. */
export const HANG_UP_WITHIN_US = 1_000_000

/** What a link is told about its node. */
export interface LinkInit {
  /** What is said of ourselves when the hello goes out. */
  readonly self: () => Hello
  /** Why the peer is not let in, for it to read; null = it is. */
  readonly judge: (hello: Hello) => string | null
}

/**
 * One link to a peer, as a state machine: hello first, then a pulse a second each way, until a goodbye or
 * silence. Who was called says nothing of itself before it has judged the caller's hello. A node without room answers
 * one by saying who it is, so that its introductions are believed, and goodbye. The link knows no streams and no clocks.
 */
export class Link {
  readonly #init: LinkInit
  #openedUs: number
  #hello: Hello | null = null
  #lastHeardUs: number
  #seq = 0
  readonly #sentUs = new Map<number, number>()
  #echoSeq = -1
  #echoHeardUs = 0
  #rttMs: number | null = null
  #clockOffsetMs: number | null = null
  #cell: CellId | '' = ''
  #opened = false
  #turnedAwayUs: number | null = null
  /** A peer that is let in, but has no room for us: it may introduce us to others. */
  #isFull = false
  #over = false
  #pulsedUs = Number.NEGATIVE_INFINITY

  constructor(init: LinkInit, nowUs: number) {
    this.#init = init
    this.#openedUs = nowUs
    this.#lastHeardUs = nowUs
  }

  /** Who the peer says it is; null before its hello. */
  get hello(): Hello | null {
    return this.#hello
  }

  get rttMs(): number | null {
    return this.#rttMs
  }

  /** How far the peer's wall clock is ahead of ours, half a round trip of error; null before the second pulse. */
  get clockOffsetMs(): number | null {
    return this.#clockOffsetMs
  }

  get lastHeardUs(): number {
    return this.#lastHeardUs
  }

  get cell(): CellId | '' {
    return this.#cell
  }

  /** Says hello, once. */
  open(): readonly LinkEffect[] {
    if (this.#opened || this.#over || this.#turnedAwayUs !== null) return []
    this.#opened = true
    return [{ t: 'send', frame: encodeHello({ t: 'hello', hello: this.#init.self() }) }]
  }

  /** Sends a peer away that said hello, to others; it is for the peer to hang up once it has read of them. */
  turnAway(peers: readonly Introduction[], nowUs: number): readonly LinkEffect[] {
    if (this.#over || this.#turnedAwayUs !== null) return []
    this.#turnedAwayUs = nowUs
    const frames = [
      encodeHello({ t: 'full', hello: this.#init.self() }),
      ...introductionFrames(peers),
      encodeHello({ t: 'goodbye', reason: FULL }),
    ]
    return frames.map(frame => ({ t: 'send', frame }))
  }

  /** Takes a frame off the stream. A malformed one ends the link. */
  receive(bytes: Uint8Array, nowUs: number, wallMs: number): readonly LinkEffect[] {
    if (this.#over || this.#turnedAwayUs !== null) return []
    let frame: HelloFrame
    try {
      frame = decodeHello(bytes)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      const refused = this.#refuse(error.message)
      // What a newer version may send is nobody's fault.
      return error.code === 'version' ? refused : [{ t: 'malformed' }, ...refused]
    }
    this.#lastHeardUs = nowUs
    if (frame.t === 'hello' || frame.t === 'full') return this.#greet(frame.hello, frame.t === 'full')
    if (frame.t === 'goodbye') {
      return this.#end(frame.reason === FULL ? { t: 'full' } : { t: 'left', reason: frame.reason })
    }
    if (this.#hello === null && !(this.#isFull && frame.t === 'introductions'))
      return this.#refuse('the first frame must be a hello')
    if (frame.t === 'introductions') return [{ t: 'introduced', peers: frame.peers }]
    return this.#measure(frame.pulse, nowUs, wallMs)
  }

  /** A few times a second: gives up on a silent peer, and sends a pulse when one is due. */
  tick(nowUs: number, wallMs: number, cell: CellId | ''): readonly LinkEffect[] {
    if (this.#over) return []
    if (this.#turnedAwayUs !== null) {
      return nowUs - this.#turnedAwayUs > HANG_UP_WITHIN_US ? this.#end({ t: 'turned-away' }) : []
    }
    if (this.#hello === null) {
      return nowUs - this.#openedUs > HELLO_WITHIN_US ? this.#refuse('no hello within 3 s') : []
    }
    if (nowUs - this.#lastHeardUs > SILENT_AFTER_US) return this.#end({ t: 'silent' })
    if (nowUs - this.#pulsedUs < PULSE_EVERY_US) return []
    this.#pulsedUs = nowUs
    this.#seq++
    this.#sentUs.set(this.#seq, nowUs)
    this.#sentUs.delete(this.#seq - 8)
    const heldMs = this.#echoSeq < 0 ? 0 : (nowUs - this.#echoHeardUs) / 1000
    const pulse = { seq: this.#seq, wallMs, echoSeq: this.#echoSeq, heldMs, cell }
    return [{ t: 'send', frame: encodeHello({ t: 'pulse', pulse }) }]
  }

  /** After our own process stood still nobody was silent but we: everyone gets a fresh start. */
  forgive(nowUs: number): void {
    this.#lastHeardUs = nowUs
    this.#openedUs = nowUs
  }

  /** Lets go of a peer that was let in before. */
  expel(reason: string): readonly LinkEffect[] {
    return this.#over ? [] : this.#refuse(reason)
  }

  goodbye(reason: string): readonly LinkEffect[] {
    if (this.#over) return []
    this.#over = true
    return [{ t: 'send', frame: encodeHello({ t: 'goodbye', reason }) }]
  }

  #greet(hello: Hello, isFull: boolean): readonly LinkEffect[] {
    if (this.#hello !== null || this.#isFull) return this.#refuse('a second hello on one link')
    if (isFull && !this.#opened) return this.#refuse('who calls has room')
    if (hello.protocol !== PROTOCOL_VERSION) {
      return this.#refuse(
        `you speak protocol ${hello.protocol}, we speak ${PROTOCOL_VERSION}: update the older node`,
      )
    }
    const refusal = this.#init.judge(hello)
    if (refusal !== null) return this.#refuse(refusal)
    this.#isFull = isFull
    if (isFull) return []
    this.#hello = hello
    return [{ t: 'up', hello }]
  }

  #measure(pulse: Pulse, nowUs: number, wallMs: number): readonly LinkEffect[] {
    const moved: readonly LinkEffect[] = pulse.cell === this.#cell ? [] : [{ t: 'moved' }]
    this.#cell = pulse.cell
    this.#echoSeq = pulse.seq
    this.#echoHeardUs = nowUs
    const sentUs = this.#sentUs.get(pulse.echoSeq)
    if (sentUs === undefined) return moved
    const rttMs = Math.max(0, (nowUs - sentUs) / 1000 - pulse.heldMs)
    this.#rttMs = this.#rttMs === null ? rttMs : this.#rttMs * 0.8 + rttMs * 0.2
    this.#clockOffsetMs = pulse.wallMs + rttMs / 2 - wallMs
    return [...moved, { t: 'rtt', rttMs }]
  }

  #refuse(reason: string): readonly LinkEffect[] {
    this.#over = true
    return [
      { t: 'send', frame: encodeHello({ t: 'goodbye', reason }) },
      { t: 'end', end: { t: 'refused', reason } },
    ]
  }

  #end(end: LinkEnd): readonly LinkEffect[] {
    this.#over = true
    return [{ t: 'end', end }]
  }
}
