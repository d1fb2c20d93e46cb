import { type FrameFault, frameAt, MAGIC_V1, MAGIC_V2, type RawFrame } from './frame.ts'

/** Bytes that belong to no frame, and why the first of them could not start one. */
export interface Skipped {
  readonly offset: number
  readonly length: number
  /**
   * `garbage`: no frame starts here. `bad-crc`: a known message whose checksum is wrong.
   * `unsupported-flags`: a MAVLink 2 frame with a feature nobody here speaks.
   * `unverifiable`: looks like an unknown message, but nothing proves that it is one.
   * `truncated`: a frame (in a .tlog, with its time) that ends after the end of the input.
   */
  readonly reason: FrameFault | 'unverifiable' | 'truncated'
}

interface ScanResult {
  readonly frames: RawFrame[]
  readonly skipped: Skipped[]
  /** Offset of the first byte that waits for more input. */
  readonly consumed: number
}

/**
 * Finds frames in bytes that may hold anything, the same ones however the bytes are cut into chunks. Every
 * byte ends up in exactly one frame or one skipped run. `prefixLength` bytes stand before each frame (8 in a
 * .tlog: its time; 0 in a stream).
 *
 * A frame whose checksum is right is always taken. A message we don't know has no checksum we could check,
 * and a stray magic byte looks just like one; so it is taken only while in step with the frames before it,
 * when the next frame starts right behind it, and when no frame with a right checksum starts inside it.
 */
export class Scanner {
  readonly #prefixLength: number
  #run: { readonly offset: number; readonly reason: Skipped['reason'] } | null = null

  constructor(prefixLength: number) {
    this.#prefixLength = prefixLength
  }

  /** `base`: offset of `bytes` in the whole input. `ended`: nothing follows. */
  scan(bytes: Uint8Array, base: number, ended: boolean): ScanResult {
    const frames: RawFrame[] = []
    const skipped: Skipped[] = []
    let at = 0
    while (at < bytes.length) {
      const found = this.#judge(bytes, at, ended)
      if (found === 'short' && !ended) break
      if (typeof found === 'object') {
        this.#closeRun(base + at, skipped)
        frames.push(found)
        at = found.offset + found.length
      } else {
        this.#run ??= { offset: base + at, reason: found === 'short' ? 'truncated' : found }
        at++
      }
    }
    if (ended) this.#closeRun(base + at, skipped)
    return { frames, skipped, consumed: at }
  }

  #closeRun(end: number, skipped: Skipped[]): void {
    if (!this.#run) return
    skipped.push({ ...this.#run, length: end - this.#run.offset })
    this.#run = null
  }

  #judge(bytes: Uint8Array, at: number, ended: boolean): RawFrame | Skipped['reason'] | 'short' {
    const frame = frameAt(bytes, at + this.#prefixLength)
    if (typeof frame === 'string' || frame.layout) return frame
    if (this.#run) return 'unverifiable'
    const next = bytes[frame.offset + frame.length + this.#prefixLength]
    if (next === undefined && !ended) return 'short'
    if (next !== undefined && next !== MAGIC_V1 && next !== MAGIC_V2) return 'unverifiable'
    return this.#holdsProvenFrame(bytes, frame, ended) ?? frame
  }

  #holdsProvenFrame(bytes: Uint8Array, outer: RawFrame, ended: boolean): 'unverifiable' | 'short' | null {
    for (let at = outer.offset + 1; at < outer.offset + outer.length; at++) {
      const inner = frameAt(bytes, at)
      if (inner === 'short' && !ended) return 'short'
      if (typeof inner === 'object' && inner.layout) return 'unverifiable'
    }
    return null
  }
}
