import type { ProblemDocument } from '../api/schema/problem.ts'

/** The node answered, and said no. `problem` is its RFC 9457 document, word for word. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly code: string
  readonly status: number
  readonly problem: ProblemDocument

  constructor(problem: ProblemDocument) {
    super(problem.hint === '' ? problem.detail : `${problem.detail} ${problem.hint}`)
    this.code = problem.code
    this.status = problem.status
    this.problem = problem
  }
}

/** No answer, or not one of a node: nothing is known of whether the request was carried out. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
  readonly code = 'unreachable'
  readonly url: string

  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`No answer from ${url}: ${reason}. Is a node running there? "skein run" starts one.`, options)
    this.url = url
  }
}
