import { STATUS_CODES } from 'node:http'
import type { HttpRefusal } from '../metrics/http.ts'
import type { ProblemDocument } from './schema/problem.ts'

/** What a refused or failed request is answered with. `detail` says what and where, `hint` what to do. */
export interface ProblemFacts {
  readonly code: string
  readonly status: number
  readonly detail: string
  readonly hint: string
  readonly errors?: ProblemDocument['errors']
  readonly near?: readonly string[]
  /** Whether it is certain that nothing was done. */
  readonly definite?: boolean
  readonly nonce?: string
  /** Set where it is the caller that is refused, not what it asks. */
  readonly refused?: HttpRefusal
  readonly headers?: Readonly<Record<string, string>>
}

/** Thrown anywhere below a route; becomes an RFC 9457 document. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly code: string
  readonly facts: ProblemFacts

  constructor(facts: ProblemFacts, options?: ErrorOptions) {
    super(facts.detail, options)
    this.code = facts.code
    this.facts = facts
  }
}

/** The document; `instance` is the path that was asked for. */
export function problemDocument(facts: ProblemFacts, instance: string): ProblemDocument {
  return {
    type: `urn:skein:problem:${facts.code}`,
    title: STATUS_CODES[facts.status] ?? 'Error',
    status: facts.status,
    detail: facts.detail,
    code: facts.code,
    instance,
    hint: facts.hint,
    ...(facts.errors !== undefined && { errors: facts.errors }),
    ...(facts.near !== undefined && { near: [...facts.near] }),
    ...(facts.definite !== undefined && { definite: facts.definite }),
    ...(facts.nonce !== undefined && { nonce: facts.nonce }),
  }
}

export function problemResponse(facts: ProblemFacts, instance: string): Response {
  return new Response(`${JSON.stringify(problemDocument(facts, instance))}\n`, {
    status: facts.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...facts.headers },
  })
}

/** A fault of ours: the caller learns that it happened, the log learns what it was. */
export const INTERNAL_PROBLEM: ProblemFacts = {
  code: 'internal',
  status: 500,
  detail: 'The node failed to answer; its log says why. Whether the request was carried out is unknown.',
  hint: "Try again; if it stays, report it with the lines of the node's log around this time.",
}
