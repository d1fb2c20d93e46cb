import type { Issuer } from './command.ts'

/** The most distinct agents among the issuers that signed within `withinMs` of each other. */
export function agreeing(issuers: readonly Issuer[], withinMs: number): number {
  const counts = issuers.map(({ issuedMs: firstMs }) => {
    const together = issuers.filter(({ issuedMs }) => issuedMs >= firstMs && issuedMs - firstMs <= withinMs)
    return new Set(together.map(({ agent }) => agent)).size
  })
  return Math.max(0, ...counts)
}
