import { FLOODS } from '../floods.ts'
import type { Attack } from './attack.ts'

/** Each flood, by a member. */
export const floodAttacks: Readonly<Record<string, Attack>> = Object.fromEntries(
  FLOODS.map(({ name, what, make }) => [
    name,
    {
      what,
      must: 'out',
      members: 1,
      run: async siege => {
        const attacker = await siege.attacker({ member: siege.member(0) })
        const strike = (connection: Parameters<typeof make>[1]) => make(attacker, connection, siege.field)
        await siege.press({ address: siege.field.victim.address, attacker, strike })
      },
    } satisfies Attack,
  ]),
)
