/** Why a command was certainly not sent. */
export type CommandRefusal =
  | 'open-swarm'
  | 'unknown-target'
  | 'ambiguous-target'
  /** This node's certificate does not let it. */
  | 'role'
  /** It is connected to nobody. */
  | 'alone'
  /** Too many at once. */
  | 'rate'
  /** The nonce was used for another command. */
  | 'nonce'
  /** It can't be logged: the disk is behind, or the node stops. */
  | 'log'

/** A command that was certainly not sent. Says why. */
export class CommandRefusedError extends Error {
  override readonly name = 'CommandRefusedError'
  readonly code: CommandRefusal

  constructor(code: CommandRefusal, message: string) {
    super(message)
    this.code = code
  }
}

/** No answer came in time: whether the vehicle does it is not known. The same nonce asks again. */
export class CommandUnknownError extends Error {
  override readonly name = 'CommandUnknownError'
  readonly code = 'command-unknown'
  readonly nonce: string

  constructor(nonce: string, withinMs: number) {
    super(`no answer came within ${withinMs} ms`)
    this.nonce = nonce
  }
}
