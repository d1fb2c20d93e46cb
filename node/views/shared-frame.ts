/**
 * For so long a frame is shown to whoever asks. Ten frames a second are the most a reader can want, and its timer may be
 * some milliseconds early: a frame that held for the full 100 ms would be sent to it twice.
 */
const SHARED_US = 90_000

/** Makes a frame at most eleven times a second, however many readers ask. It must not be written to. */
export function sharedFrame(make: () => Uint8Array, monoUs: () => number): () => Uint8Array {
  let frame: Uint8Array | null = null
  let madeUs = 0
  return () => {
    const nowUs = monoUs()
    if (frame === null || nowUs - madeUs >= SHARED_US) {
      frame = make()
      madeUs = nowUs
    }
    return frame
  }
}
