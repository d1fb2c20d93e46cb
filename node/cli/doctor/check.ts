/** What one look at this machine found. */
export interface Finding {
  readonly name: string
  readonly level: 'ok' | 'warn' | 'fail'
  readonly detail: string
  /** What to do; null when all is well. */
  readonly fix: string | null
}

export const ok = (name: string, detail: string): Finding => ({ name, level: 'ok', detail, fix: null })
export const warn = (name: string, detail: string, fix: string): Finding => ({
  name,
  level: 'warn',
  detail,
  fix,
})
export const fail = (name: string, detail: string, fix: string): Finding => ({
  name,
  level: 'fail',
  detail,
  fix,
})

/** What failed in a system's words, short: its code where there is one. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code)
  return error instanceof Error ? error.message : String(error)
}
