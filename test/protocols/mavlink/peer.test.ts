import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import * as peer from 'node-mavlink'
import {
  decodeMavlink,
  encodeMavlink,
  type MavlinkMessage,
  type MavlinkName,
  readTlog,
} from '../../../protocols/mavlink/index.ts'
import type { FieldLayout } from '../../../protocols/mavlink/layout.ts'
import { MAVLINK_MESSAGES } from '../../../protocols/mavlink/messages.ts'
import { layoutFor, messageOf, NAMES } from './arbitrary.ts'

/** What we use of an independent implementation's message classes. */
interface PeerField {
  readonly name: string
  readonly source: string
  readonly offset: number
  readonly extension: boolean
}
interface PeerClass {
  readonly MSG_NAME: string
  readonly MAGIC_NUMBER: number
  readonly PAYLOAD_LENGTH: number
  readonly FIELDS: readonly PeerField[]
  new (): peer.MavLinkData
}

const REGISTRY: Readonly<Record<number, PeerClass>> = Object.fromEntries(
  [peer.minimal, peer.standard, peer.common].flatMap(dialect => Object.entries(dialect.REGISTRY)),
) as never

function classOf(name: MavlinkName): PeerClass {
  const found = REGISTRY[MAVLINK_MESSAGES[name].id]
  if (!found) throw new Error(`node-mavlink has no ${name}`)
  return found
}

/** Our key of each field, with the peer's name for it. */
function pairs(name: MavlinkName): readonly { readonly field: FieldLayout; readonly peerName: string }[] {
  const wireNames: string[] = Object.values(MAVLINK_MESSAGES[name].fields).map(([wireName]) => wireName)
  return layoutFor(name).fields.map((field, i) => {
    const found = classOf(name).FIELDS.find(f => f.source === wireNames[i])
    if (!found) throw new Error(`node-mavlink's ${name} has no ${wireNames[i]}`)
    return { field, peerName: found.name }
  })
}

/** Our value as the integer, float, text or list that goes on the wire. */
function wireValue(field: FieldLayout, value: unknown): unknown {
  if (value instanceof Uint8Array) return Array.from(value)
  if (Array.isArray(value)) return value.map(v => wireValue({ ...field, count: 0 }, v))
  if (value === null) return field.unknown
  return typeof value === 'number' && field.type !== 'f32' ? Math.round(value * field.per) : value
}

const plainAscii = (message: MavlinkMessage): boolean =>
  Object.values(message.fields).every(v => typeof v !== 'string' || /^[a-z0-9~ ]*$/.test(v))

describe('protocols/mavlink beside node-mavlink, an independent implementation', () => {
  it('agrees on every message: name, checksum seed, length, and the place of each field', () => {
    for (const name of NAMES) {
      const theirs = classOf(name)
      strictEqual(theirs.MSG_NAME, name)
      strictEqual(theirs.MAGIC_NUMBER, MAVLINK_MESSAGES[name].crcExtra, name)
      strictEqual(theirs.PAYLOAD_LENGTH, layoutFor(name).length, name)
      deepStrictEqual(
        layoutFor(name).fields.map(f => [f.offset, f.ext]),
        theirs.FIELDS.map(f => [f.offset, f.extension]),
        name,
      )
    }
  })

  it('writes what the peer reads', () => {
    for (const name of NAMES) {
      fc.assert(
        fc.property(messageOf(name).filter(plainAscii), message => {
          const bytes = Buffer.from(encodeMavlink(message, { systemId: 3, componentId: 4, sequence: 5 }))
          const protocol = new peer.MavLinkProtocolV2()
          const read = protocol.data(protocol.payload(bytes), classOf(name) as never)
          for (const { field, peerName } of pairs(name))
            deepStrictEqual(
              Reflect.get(read, peerName),
              wireValue(field, Reflect.get(message.fields, field.key)),
              `${name}.${field.key}`,
            )
        }),
        { numRuns: 10 },
      )
    }
  })

  it('reads what the peer writes, in MAVLink 1 and 2', () => {
    for (const name of NAMES) {
      fc.assert(
        fc.property(messageOf(name).filter(plainAscii), message => {
          const theirs = new (classOf(name))()
          for (const { field, peerName } of pairs(name))
            Reflect.set(theirs, peerName, wireValue(field, Reflect.get(message.fields, field.key)))
          const protocols = [new peer.MavLinkProtocolV2(3, 4)]
          if (layoutFor(name).id < 256) protocols.push(new peer.MavLinkProtocolV1(3, 4) as never)
          for (const protocol of protocols) {
            const { frames, skipped } = decodeMavlink(protocol.serialize(theirs, 5))
            deepStrictEqual(skipped, [], name)
            deepStrictEqual(frames[0]?.fields, message.fields, name)
            deepStrictEqual([frames[0]?.systemId, frames[0]?.componentId, frames[0]?.sequence], [3, 4, 5])
          }
        }),
        { numRuns: 10 },
      )
    }
  })

  it('agrees on signatures, both ways', () => {
    const key = peer.MavLinkPacketSignature.key('a shared passphrase')
    const signing = {
      key,
      sha256: (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest(),
    }
    const protocol = new peer.MavLinkProtocolV2(3, 4, peer.MavLinkProtocolV2.IFLAG_SIGNED)
    const theirs = protocol.sign(
      protocol.serialize(new (classOf('HEARTBEAT'))(), 5),
      1,
      key,
      1_800_000_000_000,
    )
    strictEqual(decodeMavlink(theirs, { signing }).frames[0]?.signature, 'valid')
    const ours = encodeMavlink(
      { name: 'MISSION_ITEM_REACHED', fields: { seq: 700 } },
      {
        systemId: 3,
        componentId: 4,
        sequence: 5,
        sign: { ...signing, linkId: 1, timestamp10us: 37_000_000_000_000 },
      },
    )
    const bytes = Buffer.from(ours)
    ok(protocol.signature(bytes, protocol.header(bytes))?.matches(key))
  })

  it('finds the same frames in a real telemetry log (vtol.tlog)', async () => {
    const file = new URL('../../../../shared/data/flights/vtol.tlog', import.meta.url)
    if (!existsSync(file)) {
      console.log('      not run: ../shared/data/flights/vtol.tlog is not beside the checkout')
      return
    }
    const bytes = readFileSync(file)
    const { frames, skipped } = readTlog(bytes)
    deepStrictEqual(skipped, [])
    strictEqual(frames.length, 23_894)
    const theirs: string[] = []
    const splitter = new peer.MavLinkTLogPacketSplitter()
    for await (const packet of Readable.from([bytes]).pipe(splitter).pipe(new peer.MavLinkPacketParser())) {
      const { timestamp, msgid, seq } = packet.header
      theirs.push(`${timestamp} ${msgid} ${seq}`)
    }
    deepStrictEqual(
      frames.map(f => `${Math.floor(f.timeUs / 1000)} ${f.id} ${f.sequence}`),
      theirs,
    )
  })
})
