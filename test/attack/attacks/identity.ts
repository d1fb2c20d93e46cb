import { RPC } from '@libp2p/gossipsub/message'
import type { Connection } from '@libp2p/interface'
import { agentOf, keyOf, newSeed } from '../../../node/authority/keys.ts'
import { positionTopic } from '../../../protocols/position/topic.ts'
import { framed, gossipStream, sendOn } from '../attacker.ts'
import { control } from '../floods.ts'
import type { Attack } from './attack.ts'
import type { Siege } from './siege.ts'

/** More than a drone has room for. */
const ECLIPSE_MEMBERS = 70
const EVERY_MS = 1_000

/** Fills the victim's places and its mesh with members that pass nothing on. */
async function eclipse(siege: Siege): Promise<void> {
  const { cell, victim } = siege.field
  const topic = positionTopic(cell)
  const strike = (connection: Connection) => {
    const stream = gossipStream(connection)
    return async () => {
      await sendOn(
        await stream,
        framed(RPC.encode({ subscriptions: [{ subscribe: true, topic }], messages: [] })),
      )
      await sendOn(await stream, framed(control({ graft: [{ topicID: topic }] })))
      await siege.pause(EVERY_MS)
    }
  }
  const sit = async (i: number) => {
    const attacker = await siege.attacker({ member: siege.member(i), cell })
    await siege.press({ address: victim.address, attacker, strike })
  }
  await Promise.all(Array.from({ length: ECLIPSE_MEMBERS }, (_, i) => sit(i)))
}

const idle = (siege: Siege) => () => siege.pause(EVERY_MS)

/** Agents that there are none of, at places where nobody answers. */
function nobodies(cell: string) {
  return Array.from({ length: 32 }, () => {
    const agent = agentOf(keyOf(newSeed()))
    return { agent, addresses: ['/ip4/127.0.0.1/tcp/9'], cell, name: 'nobody', role: 'drone' }
  })
}

export const identityAttacks = {
  eclipse: {
    what: '70 members fill the places and the mesh of one drone, and pass nothing on',
    must: 'held',
    members: ECLIPSE_MEMBERS,
    run: eclipse,
  },
  'eclipse-at-start': {
    what: 'the same, and that drone is killed and starts among them',
    must: 'held',
    members: ECLIPSE_MEMBERS,
    restartAfterS: 6,
    run: eclipse,
  },
  introductions: {
    what: 'introduces the victim to agents that there are none of, without end',
    must: 'held',
    members: 1,
    run: async siege => {
      const { cell, victim } = siege.field
      const attacker = await siege.attacker({
        member: siege.member(0),
        cell,
        introduce: () => nobodies(cell),
      })
      const strike = () => async () => {
        attacker.introduce(victim.agent, nobodies(cell))
        await siege.pause(120)
      }
      await siege.press({ address: victim.address, attacker, strike })
    },
  },
  revoked: {
    what: 'a member that is revoked 3 s after it came, and comes back for as long as it can',
    must: 'out',
    members: 1,
    revokedAfterS: 3,
    run: async siege => {
      const attacker = await siege.attacker({ member: siege.member(0) })
      await siege.press({ address: siege.field.victim.address, attacker, strike: () => idle(siege) })
    },
  },
  clone: {
    what: 'two processes with one stolen key',
    must: 'out',
    members: 1,
    run: async siege => {
      const one = async () => {
        const attacker = await siege.attacker({ member: siege.member(0) })
        await siege.press({ address: siege.field.victim.address, attacker, strike: () => idle(siege) })
      }
      await Promise.all([one(), one()])
    },
  },
} as const satisfies Readonly<Record<string, Attack>>
