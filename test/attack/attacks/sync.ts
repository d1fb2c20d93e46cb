import { createHash, randomBytes } from 'node:crypto'
import type { Connection, Stream } from '@libp2p/interface'
import { encode as cbor } from 'cborg'
import { publicKeyOf } from '../../../protocols/identity/agent-id.ts'
import { SYNC_PROTOCOL } from '../../../protocols/sync/codec.ts'
import { sealHead } from '../../../protocols/trust/head.ts'
import { encodeTrust } from '../../../protocols/trust/messages.ts'
import { sealRevocations } from '../../../protocols/trust/revocations.ts'
import type { Attacker } from '../attacker.ts'
import { framed, gossipStream, sendOn } from '../attacker.ts'
import type { Attack } from './attack.ts'
import type { Siege } from './siege.ts'

const hash = (of: string | Uint8Array): Uint8Array => createHash('sha256').update(of).digest()

/** A member that sends frame after frame on the sync stream, `perS` a second or as fast as it goes. */
function frames(
  what: string,
  must: Attack['must'],
  make: (siege: Siege, attacker: Attacker) => (i: number) => Uint8Array,
  perS = Number.POSITIVE_INFINITY,
): Attack {
  return {
    what,
    must,
    members: 1,
    run: async siege => {
      const attacker = await siege.attacker({ member: siege.member(0) })
      const next = make(siege, attacker)
      let i = 0
      const strike = (connection: Connection) => {
        let stream: Stream | null = null
        return async () => {
          if (stream?.status !== 'open')
            stream = await connection.newStream(SYNC_PROTOCOL, { signal: AbortSignal.timeout(3_000) })
          await sendOn(stream, framed(next(i++)))
          if (perS !== Number.POSITIVE_INFINITY) await siege.pause(1000 / perS)
        }
      }
      await siege.press({ address: siege.field.victim.address, attacker, strike })
    },
  }
}

const keysOf = (siege: Siege): readonly string[] => siege.field.honest.map(({ agent }) => agent)

export const syncAttacks = {
  'sync-garbage': frames('random bytes on the sync stream', 'out', () => () => randomBytes(500)),
  'sync-oversize': frames('frames of 1 MB on the sync stream', 'out', () => {
    const long = randomBytes(1_000_000)
    return () => long
  }),
  'want-certificates': frames('asks for certificates without end', 'out', siege => {
    const agents = keysOf(siege)
    return () =>
      encodeTrust({ t: 'want-credentials', agents: Array.from({ length: 12 }, () => agents).flat() })
  }),
  'heads-fast': frames('heads of its own log, as fast as they go', 'out', (siege, attacker) => i => {
    const head = { agent: attacker.agent, boot: 1, seq: i + 1, hash: hash(String(i)) }
    return encodeTrust({ t: 'head', head: sealHead(head, siege.field.swarm, attacker.signer.sign), epoch: 0 })
  }),
  'heads-slow': frames(
    'heads of its own log, each of another start, four a second',
    'held',
    (siege, attacker) => i => {
      const head = { agent: attacker.agent, boot: i + 1, seq: i + 1, hash: hash(String(i)) }
      return encodeTrust({
        t: 'head',
        head: sealHead(head, siege.field.swarm, attacker.signer.sign),
        epoch: 9,
      })
    },
    4,
  ),
  'old-revocations': frames('a revocation list that newer ones have replaced', 'out', siege => {
    const [list = new Uint8Array(0)] = siege.field.oldLists
    const frame = cbor([4, list])
    return () => frame
  }),
  'forged-revocations': frames('a revocation list of its own making', 'out', (siege, attacker) => () => {
    const [victim = ''] = keysOf(siege)
    const revocations = [{ agent: victim, serial: 1e6, revokedMs: Date.now(), reason: '', validTo: null }]
    const list = { swarm: siege.field.swarm, epoch: 999_999, issuedMs: Date.now(), revocations, issuers: [] }
    return cbor([4, sealRevocations(list, null, attacker.signer.sign)])
  }),
  'false-evidence': frames(
    'evidence against honest drones that they never signed',
    'out',
    (siege, attacker) => i => {
      const agents = keysOf(siege)
      const key = publicKeyOf(agents[i % agents.length] ?? '')
      const two = [1, 2].map(n => {
        const head = { agent: attacker.agent, boot: 1, seq: 7, hash: hash(String(n)) }
        return sealHead(head, siege.field.swarm, attacker.signer.sign).bytes
      })
      return cbor([6, 1, key, ...two, null])
    },
  ),
  'slow-reader': {
    what: 'asks for all there is, again and again, and reads nothing',
    must: 'held',
    members: 1,
    run: async siege => {
      const attacker = await siege.attacker({ member: siege.member(0), reads: false })
      await attacker.host.handle(SYNC_PROTOCOL, stream => stream.pause())
      const ask = framed(cbor([0, true, siege.field.cell, new Uint8Array(0), '', '']))
      const strike = (connection: Connection) => {
        let stream: Promise<Stream> | null = null
        return async () => {
          stream ??= connection.newStream(SYNC_PROTOCOL)
          await sendOn(await stream, ask)
          await siege.pause(300)
        }
      }
      await siege.press({ address: siege.field.victim.address, attacker, strike })
    },
  },
  'slow-writer': {
    what: 'begins frames on every protocol, and goes on a byte a second',
    must: 'held',
    members: 1,
    run: async siege => {
      const attacker = await siege.attacker({ member: siege.member(0) })
      const strike = (connection: Connection) => {
        const streams = [gossipStream(connection), connection.newStream(SYNC_PROTOCOL)]
        let begun = false
        return async () => {
          for (const stream of streams)
            await sendOn(await stream, begun ? Uint8Array.of(0) : Uint8Array.of(0x80, 0x40))
          begun = true
          await siege.pause(1_000)
        }
      }
      await siege.press({ address: siege.field.victim.address, attacker, strike })
    },
  },
} as const satisfies Readonly<Record<string, Attack>>
