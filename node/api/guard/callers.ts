import { timingSafeEqual } from 'node:crypto'
import type { HttpRefusal } from '../../metrics/http.ts'
import { ApiProblem } from '../problem.ts'
import { covers, type Scope } from './scope.ts'
import { Throttle } from './throttle.ts'
import { isExpired, type TokenBook } from './token-book.ts'
import { digestOf } from './token-file.ts'

/** Who sent a request. */
export interface Caller {
  /** IP address; `unix` over a unix socket. Of the connection: what a proxy says of others is not believed. */
  readonly remote: string
  /** Name of the token it showed; null = none, or one we do not know. */
  readonly token: string | null
  /** What it may do; null = only what anyone may. */
  readonly scope: Scope | null
  /** What is wrong with the token it showed. */
  readonly fault: {
    readonly reason: 'wrong' | 'expired' | 'throttled' | 'unreadable'
    readonly waitMs?: number
  } | null
  /** Whether the token has not been revoked or run out since. */
  stillGood(): boolean
}

export interface CallersOptions {
  /** What who shows no token may do. */
  readonly open: Scope | null
  /** The one token of the configuration: scope admin. */
  readonly token: string | undefined
  readonly book: TokenBook | null
}

/** Name of the configured token, which no token of the book can have. */
const CONFIGURED = 'api.tokenFile'

/** Tells callers apart by their tokens. */
export class Callers {
  readonly #open: Scope | null
  readonly #configured: Buffer | null
  readonly #book: TokenBook | null
  readonly #throttle = new Throttle()

  constructor({ open, token, book }: CallersOptions) {
    this.#open = open
    this.#configured = token === undefined ? null : digestOf(token)
    this.#book = book
  }

  /** Who this is. A token that is shown must be right: a wrong one is never less than none, it is a fault. */
  identify(authorization: string | null, remote: string): Caller {
    const nobody: Caller = { remote, token: null, scope: null, fault: null, stillGood: () => true }
    if (authorization === null) return { ...nobody, scope: this.#open }
    const nowMs = performance.now()
    const waitMs = this.#throttle.waitMs(remote, nowMs)
    if (waitMs > 0) return { ...nobody, fault: { reason: 'throttled', waitMs } }
    const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? ''
    const caller = this.#holderOf(token, nobody)
    if (caller !== null) {
      this.#throttle.succeeded(remote)
      return caller
    }
    // Nobody is to blame for a token that cannot be looked up.
    if (this.#book?.fault != null) return { ...nobody, fault: { reason: 'unreadable' } }
    this.#throttle.failed(remote, nowMs)
    return { ...nobody, fault: { reason: 'wrong' } }
  }

  #holderOf(token: string, nobody: Caller): Caller | null {
    if (this.#configured !== null && timingSafeEqual(this.#configured, digestOf(token)))
      return { ...nobody, token: CONFIGURED, scope: 'admin' }
    const book = this.#book
    const record = book?.find(token) ?? null
    if (book === null || record === null) return null
    if (isExpired(record, Date.now())) return { ...nobody, token: record.name, fault: { reason: 'expired' } }
    const stillGood = () => book.holds(record) && !isExpired(record, Date.now())
    return { ...nobody, token: record.name, scope: record.scope, stillGood }
  }
}

/** Throws ApiProblem when a caller may not do what needs this scope. */
export function demand(caller: Caller, wanted: Scope): void {
  const { scope, token, fault } = caller
  if (fault === null && covers(scope, wanted)) return
  if (fault === null) throw token === null ? missing(scope, wanted) : tooLittle(token, scope, wanted)
  switch (fault.reason) {
    case 'wrong':
      throw refusal('wrong', 'token-wrong', 'This is no token of this node.', 'error="invalid_token"')
    case 'expired':
      throw refusal('expired', 'token-expired', `The token '${token}' has expired.`, 'error="invalid_token"')
    case 'unreadable':
      throw new ApiProblem({
        code: 'tokens-unreadable',
        status: 503,
        detail: 'This node cannot read its tokens; its log says why.',
        hint: 'On the machine of the node, `skein token list` says what is wrong with them.',
        headers: { 'retry-after': '10' },
      })
    case 'throttled':
      throw throttled(Math.ceil((fault.waitMs ?? 0) / 1_000))
  }
}

const HOW =
  "Send the header 'Authorization: Bearer TOKEN' (with skein: --token-file FILE). `skein token create` on the machine of the node makes a token."

function refusal(reason: HttpRefusal, code: string, detail: string, challenge?: string): ApiProblem {
  const authenticate = `Bearer realm="skein"${challenge === undefined ? '' : `, ${challenge}`}`
  return new ApiProblem({
    code,
    status: 401,
    detail,
    hint: HOW,
    refused: reason,
    headers: { 'www-authenticate': authenticate },
  })
}

function missing(open: Scope | null, wanted: Scope): ApiProblem {
  const detail =
    open === null ? 'This node wants a token.' : `Without a token the scope is ${open}; this needs ${wanted}.`
  return refusal('missing', 'token-missing', detail)
}

const tooLittle = (token: string, scope: Scope | null, wanted: Scope): ApiProblem =>
  new ApiProblem({
    code: 'scope-too-small',
    status: 403,
    detail: `The token '${token}' has scope ${scope}; this needs ${wanted}.`,
    hint: `Use a token with scope ${wanted}: skein token create --name NAME --scope ${wanted}`,
    refused: 'scope',
    headers: { 'www-authenticate': `Bearer realm="skein", error="insufficient_scope", scope="${wanted}"` },
  })

const throttled = (waitS: number): ApiProblem =>
  new ApiProblem({
    code: 'too-many-wrong-tokens',
    status: 429,
    detail: 'Too many wrong tokens were shown: for now none of this address is looked at, right or wrong.',
    hint: `Stop whatever sends a wrong one, wait ${waitS} s, then send the right one.`,
    refused: 'throttled',
    headers: { 'retry-after': String(waitS) },
  })
