/** Why a frame was refused. `offset`: the byte at which it stopped making sense. */
export class FrameError extends Error {
  readonly code: 'truncated' | 'oversize' | 'version' | 'malformed'
  readonly offset: number

  constructor(code: FrameError['code'], message: string, offset: number) {
    super(`${message} (at byte ${offset})`)
    this.name = 'FrameError'
    this.code = code
    this.offset = offset
  }
}
