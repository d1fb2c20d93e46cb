import type { Outcome } from './trial.ts'

/** What every attack must leave to the honest. */
export const BOUNDS = { delivery: 0.9, grownMiB: 100, outMs: 30_000 } as const

/** What an attack did that it must not be able to; nothing = the swarm held. */
export function complaints({ attack, during, grownMiB, toll, honestLinksLost }: Outcome): readonly string[] {
  const found: string[] = []
  if (during.all < BOUNDS.delivery) found.push(`honest delivery ${percent(during.all)}`)
  if (grownMiB > BOUNDS.grownMiB) found.push(`memory +${Math.round(grownMiB)} MiB`)
  if (honestLinksLost > 0 && attack.restartAfterS === undefined)
    found.push(`${honestLinksLost} honest links lost`)
  if (toll.entries === 0) found.push('the attacker never got to its attack')
  const [first] = toll.outMs
  if (attack.must === 'out' && (first === undefined || first > BOUNDS.outMs))
    found.push('the attacker is still in')
  if (attack.must === 'closed' && Math.max(0, ...toll.outMs) > BOUNDS.outMs)
    found.push('a connection was held')
  return found
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
