/** What a process of ours ends with: the numbers of BSD's sysexits.h, as far as they are used. */
export const EXIT = {
  ok: 0,
  /** It was done, and the answer is no: a check failed, a log is damaged, the node refused. */
  failure: 1,
  usage: 2,
  unreachable: 69,
  bug: 70,
  cannotCreate: 73,
  io: 74,
  retryLater: 75,
  permission: 77,
  config: 78,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** In words, for the help. */
export const EXIT_WORDS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, 'ok'],
  [EXIT.failure, 'failed'],
  [EXIT.usage, 'usage'],
  [EXIT.unreachable, 'no node there'],
  [EXIT.bug, 'bug'],
  [EXIT.cannotCreate, "can't create"],
  [EXIT.io, 'disk'],
  [EXIT.retryLater, 'try later'],
  [EXIT.permission, 'permission'],
  [EXIT.config, 'configuration'],
]

/** By the `code` of an error, ours or the system's. */
const BY_CODE: Readonly<Record<string, ExitCode>> = {
  USAGE: EXIT.usage,
  CONFIG_INVALID: EXIT.config,
  CONFIG_EXISTS: EXIT.cannotCreate,

  IDENTITY_MISSING: EXIT.config,
  IDENTITY_CORRUPT: EXIT.config,
  IDENTITY_WRONG_TYPE: EXIT.config,
  IDENTITY_PERMISSIONS: EXIT.permission,
  IDENTITY_UNREADABLE: EXIT.io,
  IDENTITY_EXISTS: EXIT.cannotCreate,
  IDENTITY_ENCRYPTED: EXIT.config,
  IDENTITY_UNWRITABLE: EXIT.cannotCreate,

  AUTHORITY_MISSING: EXIT.config,
  AUTHORITY_EXISTS: EXIT.cannotCreate,
  AUTHORITY_UNWRITABLE: EXIT.cannotCreate,
  AUTHORITY_BUSY: EXIT.retryLater,
  AUTHORITY_DAMAGED: EXIT.io,
  AUTHORITY_ROOT_NEEDED: EXIT.config,
  AUTHORITY_PASSPHRASE: EXIT.permission,
  AUTHORITY_REFUSED: EXIT.failure,
  AUTHORITY_ISSUER_EXPIRED: EXIT.failure,
  AUTHORITY_UNKNOWN: EXIT.failure,

  TRUST_UNREADABLE: EXIT.io,
  TRUST_NONE: EXIT.config,
  TRUST_GENESIS: EXIT.config,
  TRUST_SWARM: EXIT.config,
  TRUST_CREDENTIAL_MISSING: EXIT.config,
  TRUST_CREDENTIAL: EXIT.config,
  TRUST_ROLE: EXIT.config,
  TRUST_REVOCATIONS: EXIT.config,

  JOIN_BUNDLE: EXIT.failure,
  JOIN_ROOT: EXIT.failure,
  JOIN_SWARM: EXIT.failure,
  JOIN_OLDER: EXIT.failure,
  JOIN_EXPIRED: EXIT.failure,
  JOIN_REVOKED: EXIT.failure,
  JOIN_IDENTITY: EXIT.failure,
  JOIN_UNWRITABLE: EXIT.cannotCreate,

  'token-required': EXIT.config,
  'token-file': EXIT.config,
  'token-weak': EXIT.config,
  'tokens-file': EXIT.config,
  'port-taken': EXIT.retryLater,
  'socket-taken': EXIT.retryLater,
  'address-unavailable': EXIT.config,

  'tokens-damaged': EXIT.config,
  'tokens-unreadable': EXIT.io,
  'tokens-permissions': EXIT.permission,
  'tokens-busy': EXIT.retryLater,
  'tokens-full': EXIT.failure,
  'token-exists': EXIT.cannotCreate,
  'token-unknown': EXIT.failure,

  'store-in-use': EXIT.retryLater,
  'store-newer-version': EXIT.config,
  'store-corrupt': EXIT.io,
  'store-unusable': EXIT.cannotCreate,
  'store-encrypted': EXIT.config,
  'store-not-encrypted': EXIT.config,
  'store-key-source': EXIT.config,
  'store-wrong-key': EXIT.permission,
  'store-full': EXIT.io,
  'store-failing': EXIT.io,
  'store-overloaded': EXIT.retryLater,
  'store-closed': EXIT.bug,

  VEHICLE_CONFIG: EXIT.config,

  'log-malformed': EXIT.failure,
  'log-unsupported-version': EXIT.config,

  unreachable: EXIT.unreachable,

  EACCES: EXIT.permission,
  EPERM: EXIT.permission,
  EADDRINUSE: EXIT.retryLater,
  EADDRNOTAVAIL: EXIT.config,
  ENOENT: EXIT.io,
  ENOTDIR: EXIT.io,
  EISDIR: EXIT.io,
  EIO: EXIT.io,
  EROFS: EXIT.cannotCreate,
  ENOSPC: EXIT.io,
  EDQUOT: EXIT.io,
  EMFILE: EXIT.retryLater,
  ENFILE: EXIT.retryLater,
}

/** What to end with after an error. One without a code that is known here is a bug of ours. */
export function exitCodeOf(error: unknown): ExitCode {
  if (typeof error !== 'object' || error === null) return EXIT.bug
  // Everything that is wrong stands on the command line itself: that is a usage error, not a bad configuration.
  if (isOnCommandLine(error)) return EXIT.usage
  if ('status' in error && typeof error.status === 'number') return exitCodeOfStatus(error.status)
  return ('code' in error && typeof error.code === 'string' ? BY_CODE[error.code] : undefined) ?? EXIT.bug
}

function isOnCommandLine(error: object): boolean {
  if (!('problems' in error) || !Array.isArray(error.problems)) return false
  return error.problems.every(problem => String(problem.where).startsWith('--'))
}

function exitCodeOfStatus(status: number): ExitCode {
  if (status === 401 || status === 403) return EXIT.permission
  if (status === 429 || status === 503 || status === 504) return EXIT.retryLater
  return EXIT.failure
}
