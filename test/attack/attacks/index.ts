import type { Attack } from './attack.ts'
import { floodAttacks } from './floods.ts'
import { identityAttacks } from './identity.ts'
import { outsiderAttacks } from './outsider.ts'
import { reportAttacks } from './reports.ts'
import { syncAttacks } from './sync.ts'

/** All attacks there are, by name: of outsiders first, then of members. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  ...outsiderAttacks,
  ...floodAttacks,
  ...reportAttacks,
  ...syncAttacks,
  ...identityAttacks,
}
