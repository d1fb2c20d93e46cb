import { RPC } from '@libp2p/gossipsub/message'
import type { Connection } from '@libp2p/interface'
import { encodeMessage } from '../../../protocols/gossip/wire.ts'
import { sha256 } from '../../../protocols/identity/ed25519.ts'
import { KeyDirectory } from '../../../protocols/identity/key-directory.ts'
import { createSealer } from '../../../protocols/position/sealing.ts'
import { positionTopic } from '../../../protocols/position/topic.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { type Attacker, framed, gossipStream, sendOn } from '../attacker.ts'
import { control, ownReport } from '../floods.ts'
import type { Attack } from './attack.ts'
import type { Siege } from './siege.ts'

const CAPTURED_MAX = 20_000

/** A member that listens to the cell's topic, and keeps the reports of others. */
async function eavesdropper(siege: Siege): Promise<{ attacker: Attacker; captured: Uint8Array[] }> {
  const captured: Uint8Array[] = []
  const onMessage = (_: string, data: Uint8Array) => {
    if (captured.length < CAPTURED_MAX) captured.push(Uint8Array.from(data))
  }
  const attacker = await siege.attacker({ member: siege.member(0), onMessage })
  return { attacker, captured }
}

/** Joins the topic as any member does, so that reports are passed on to it. */
async function joinTopic(connection: Connection, topic: string) {
  const stream = await gossipStream(connection)
  await sendOn(stream, framed(RPC.encode({ subscriptions: [{ subscribe: true, topic }], messages: [] })))
  await sendOn(stream, framed(control({ graft: [{ topicID: topic }] })))
  return stream
}

/** Sends reports that `next` makes of what was captured, so many every 50 ms. */
function passOn(
  siege: Siege,
  connection: Connection,
  captured: readonly Uint8Array[],
  next: (report: Uint8Array) => Uint8Array,
): () => Promise<unknown> {
  const topic = positionTopic(siege.field.cell)
  const stream = joinTopic(connection, topic)
  let at = 0
  return async () => {
    const reports = Array.from(
      { length: Math.min(60, captured.length) },
      () => captured[at++ % captured.length],
    )
    const fields = reports.flatMap(report => (report ? [encodeMessage(topic, next(report)).field] : []))
    if (fields.length > 0) await sendOn(await stream, framed(Buffer.concat(fields)))
    siege.add('messages sent', fields.length)
    await siege.pause(50)
  }
}

const signatureChanged = (report: Uint8Array): Uint8Array =>
  report.map((byte, i) => (i === report.byteLength - 5 ? byte ^ 1 : byte))

export const reportAttacks = {
  replay: {
    what: 'true reports of others, captured and sent again 1,200 times a second',
    must: 'held',
    members: 1,
    run: async siege => {
      const { attacker, captured } = await eavesdropper(siege)
      const strike = (connection: Connection) => passOn(siege, connection, captured, report => report)
      await siege.press({ address: siege.field.victim.address, attacker, strike })
    },
  },
  forgery: {
    what: 'reports of others with a bit changed',
    must: 'out',
    members: 1,
    run: async siege => {
      const { attacker, captured } = await eavesdropper(siege)
      const strike = (connection: Connection) => passOn(siege, connection, captured, signatureChanged)
      await siege.press({ address: siege.field.victim.address, attacker, strike })
    },
  },
  equivocation: {
    what: 'two reports of its own with one number, each to whoever listens',
    must: 'out',
    members: 1,
    run: async siege => {
      const attacker = await siege.attacker({ member: siege.member(0) })
      const { field } = siege
      const seal = createSealer(field.swarm, attacker.signer, new KeyDirectory(sha256))
      const topic = positionTopic(field.cell)
      let seq = 0
      const strike = (connection: Connection) => {
        const stream = joinTopic(connection, topic)
        return async () => {
          seq++
          const hlc = hlcOfMs(Date.now())
          const two = [560_000, 660_000].map(
            altMm =>
              encodeMessage(topic, seal(ownReport(attacker, field, { seq, hlc, altMm }), field.cell).bytes)
                .field,
          )
          await sendOn(await stream, framed(Buffer.concat(two)))
          await siege.pause(100)
        }
      }
      await siege.press({ address: field.victim.address, attacker, strike })
    },
  },
} as const satisfies Readonly<Record<string, Attack>>
