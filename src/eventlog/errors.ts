/** Bytes that claim to be of the event log and are not, or not in the one form allowed. */
export class MalformedError extends Error {
  readonly code = 'log-malformed'
  readonly what: string
  /** Offset of the first wrong byte, where one can be named. */
  readonly at: number | null

  constructor(what: string, detail: string, at: number | null = null) {
    super(`${what}: ${detail}${at === null ? '' : ` at byte ${at}`}`)
    this.name = 'MalformedError'
    this.what = what
    this.at = at
  }
}

/** Written by a newer program. Nothing is guessed: reading stops here. */
export class UnsupportedVersionError extends Error {
  readonly code = 'log-unsupported-version'
  readonly what: string
  readonly found: number
  readonly supported: readonly number[]

  constructor(what: string, found: number, supported: readonly number[]) {
    super(
      `${what} has version ${found}, this program reads ${supported.join(', ')}: ` +
        'use the program that wrote it, or a newer one',
    )
    this.name = 'UnsupportedVersionError'
    this.what = what
    this.found = found
    this.supported = supported
  }
}

/** An event that must not enter the log: the caller's bug, or input that should have been checked before. */
export class EventRefusedError extends Error {
  readonly code = 'event-refused'
  readonly type: string
  readonly reason: string

  constructor(type: string, reason: string) {
    super(`event "${type}" refused: ${reason}`)
    this.name = 'EventRefusedError'
    this.type = type
    this.reason = reason
  }
}

/** The shell reported a write that is not in flight, or asked for two at once. A bug: the node must stop. */
export class WrongTokenError extends Error {
  readonly code = 'log-wrong-token'
  readonly token: number

  constructor(token: number, inFlight: number | null) {
    super(`write ${token} was reported, in flight is ${inFlight ?? 'none'}`)
    this.name = 'WrongTokenError'
    this.token = token
  }
}
