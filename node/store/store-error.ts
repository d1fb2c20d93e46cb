/**
 * in-use, full: try again later. newer-version: use another program. corrupt: repair or refill. unusable: the
 * directory cannot be used as one. encrypted, not-encrypted, key-source, wrong-key: set the key right, or convert the
 * directory. failing: the disk refuses for another reason. closed: a bug or a late caller.
 */
export type StoreErrorCode =
  | 'store-in-use'
  | 'store-newer-version'
  | 'store-corrupt'
  | 'store-unusable'
  | 'store-encrypted'
  | 'store-not-encrypted'
  | 'store-key-source'
  | 'store-wrong-key'
  | 'store-full'
  | 'store-failing'
  | 'store-overloaded'
  | 'store-closed'

/** The store cannot do what was asked. Says where, what is wrong, and what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode
  readonly dir: string
  readonly advice: string

  constructor(code: StoreErrorCode, dir: string, what: string, advice: string, options?: ErrorOptions) {
    super(`${dir}: ${what}. ${advice}`, options)
    this.code = code
    this.dir = dir
    this.advice = advice
  }
}

/** The codes and texts of an error and of what caused it: LevelDB's reason is one or two causes down. */
export function reasonsOf(error: unknown): string {
  const reasons: string[] = []
  for (let at: unknown = error; at instanceof Error && reasons.length < 5; at = at.cause) {
    reasons.push(`${'code' in at ? at.code : ''} ${at.message}`)
  }
  return reasons.join('; ')
}

/** Whether the disk, or this user's quota of it, is full. */
export function isNoSpace(error: unknown): boolean {
  return /ENOSPC|EDQUOT|No space left|[Qq]uota exceeded/.test(reasonsOf(error))
}

export function isLocked(error: unknown): boolean {
  return /LEVEL_LOCKED/.test(reasonsOf(error))
}

export function isCorruption(error: unknown): boolean {
  return /LEVEL_CORRUPTION|Corruption:|does not exist \(create_if_missing/.test(reasonsOf(error))
}
