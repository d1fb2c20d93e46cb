import type { Check } from '../interface.ts'

/** A health check: what is, and when it is not as it should be, what to do. */
export function check(name: string, ok: boolean, state: string, remedy: string): Check {
  return { name, ok, detail: ok ? state : `${state}: ${remedy}` }
}
