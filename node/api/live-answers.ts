import type { ServerResponse } from 'node:http'
import type { Caller } from './guard/callers.ts'

/** Answers that are being sent to callers who showed a token: a stream must not outlive it. */
export class LiveAnswers {
  readonly #callers = new Map<ServerResponse, Caller>()

  add(outgoing: ServerResponse, caller: Caller): void {
    if (caller.token === null || outgoing.closed) return
    this.#callers.set(outgoing, caller)
    outgoing.once('close', () => this.#callers.delete(outgoing))
  }

  /** Breaks off what goes to callers whose token was revoked or has expired. To be called every second or so. */
  cutOff(): void {
    for (const [outgoing, caller] of this.#callers) if (!caller.stillGood()) outgoing.destroy()
  }
}
