/** What can keep the API from starting. */
export type ApiStartCode =
  | 'token-required'
  | 'token-file'
  | 'token-weak'
  | 'tokens-file'
  | 'port-taken'
  | 'socket-taken'
  | 'address-unavailable'

/** The API did not start; the message says why and what to do. */
export class ApiStartError extends Error {
  override readonly name = 'ApiStartError'
  readonly code: ApiStartCode

  constructor(code: ApiStartCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
