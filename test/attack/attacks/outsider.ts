import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import type { Connection, Stream } from '@libp2p/interface'
import { decodeHello, HELLO_PROTOCOL } from '../../../protocols/hello/codec.ts'
import { SYNC_PROTOCOL } from '../../../protocols/sync/codec.ts'
import { sendOn } from '../attacker.ts'
import type { Attack, Target } from './attack.ts'
import type { Siege } from './siege.ts'

const HOP_PROTOCOL = '/libp2p/circuit/relay/0.2.0/hop'
const PING_PROTOCOL = '/ipfs/ping/1.0.0'
/** All that a node answers on, but for the hello. */
const PROTOCOLS = [
  '/ipfs/id/1.0.0',
  '/ipfs/id/push/1.0.0',
  PING_PROTOCOL,
  '/meshsub/1.2.0',
  SYNC_PROTOCOL,
  '/skein/view/1',
  HOP_PROTOCOL,
  '/libp2p/circuit/relay/0.2.0/stop',
]

const portOf = ({ address }: Target): number => Number(/\/tcp\/(\d+)/.exec(address)?.[1])

/** What is private in the attacker's own muxer. */
interface Below {
  readonly maConn: { send(bytes: Uint8Array): boolean }
}

/** A connection below libp2p; how long it was held counts. */
async function socket(siege: Siege, talk: (socket: Socket) => Promise<void>): Promise<void> {
  while (!siege.signal.aborted) {
    const raw = connect({ host: '127.0.0.1', port: portOf(siege.field.victim) })
    raw.on('error', () => {})
    const startedMs = performance.now()
    const closed = new Promise(resolve => raw.once('close', resolve))
    raw.once('connect', () => siege.entered())
    raw.resume()
    const leave = () => raw.destroy()
    siege.signal.addEventListener('abort', leave, { once: true })
    await Promise.race([closed, talk(raw).catch(() => {})])
    await closed
    siege.signal.removeEventListener('abort', leave)
    if (!siege.signal.aborted) siege.out(performance.now() - startedMs)
    await siege.pause(20)
  }
}

const many = (count: number, one: () => Promise<void>): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, one))

/** One identity after the other, `at` a time; each knocks and does its worst until it is cut off. */
function sybils(
  siege: Siege,
  at: number,
  address: string,
  strike: (connection: Connection) => Promise<void>,
  { greets = false } = {},
) {
  return many(at, async () => {
    while (!siege.signal.aborted) {
      const attacker = await siege.attacker({ greets })
      try {
        const connection = await attacker.knock(address)
        const startedMs = performance.now()
        siege.entered()
        await strike(connection).catch(() => {})
        while (connection.status === 'open' && !siege.signal.aborted) await siege.pause(20)
        if (!siege.signal.aborted) siege.out(performance.now() - startedMs)
      } catch {
        siege.refused()
        await siege.pause(50)
      }
      await attacker.host.stop()
    }
  })
}

/** Whether there is still somebody to send to, and a reason to. */
const isOn = ({ signal }: Siege, connection: Connection, stream: Stream): boolean =>
  !signal.aborted && connection.status === 'open' && stream.status === 'open'

const helloStream = (connection: Connection): Promise<Stream> =>
  connection.newStream(HELLO_PROTOCOL, { signal: AbortSignal.timeout(3_000) })

/** Counts what comes, by protocol, and the words of a goodbye. */
function listen(siege: Siege, protocol: string, stream: Stream): void {
  stream.addEventListener('message', ({ data }) => {
    const bytes = data.subarray()
    if (protocol !== HELLO_PROTOCOL) return siege.add('bytes on other protocols', bytes.byteLength)
    siege.add('bytes of hello', bytes.byteLength)
    const frame = decodeHello(bytes.subarray(1))
    siege.add(frame.t === 'goodbye' ? `goodbye: ${frame.reason.slice(0, 60)}` : `a frame of ${frame.t}`)
  })
}

/** Reserve a place; then a way to each honest drone. */
const hopRequests = (targets: readonly Target[]): readonly Uint8Array[] => [
  Uint8Array.of(2, 8, 0),
  ...targets.map(({ agent }) => {
    const id = Buffer.from(agent)
    return Buffer.concat([Uint8Array.of(6 + id.length, 8, 1, 18, 2 + id.length, 10, id.length), id])
  }),
]

export const outsiderAttacks = {
  'tcp-garbage': {
    what: 'random bytes on eight TCP connections, as fast as they go',
    must: 'closed',
    run: async siege => {
      const garbage = randomBytes(64 * 1024)
      const talk = async (raw: Socket) => {
        while (!raw.destroyed)
          if (!raw.write(garbage)) await new Promise(resolve => raw.once('drain', resolve))
      }
      await many(8, () => socket(siege, talk))
    },
  },
  'connection-flood': {
    what: 'four hundred TCP connections that say nothing, each opened again when it is closed',
    must: 'closed',
    run: async siege => {
      await many(400, () => socket(siege, () => Promise.resolve()))
    },
  },
  slowloris: {
    what: 'sixty TCP connections that begin the handshake a byte a second',
    must: 'closed',
    run: async siege => {
      const handshake = Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n', 'latin1')
      const talk = async (raw: Socket) => {
        for (const byte of handshake) {
          if (raw.destroyed) return
          raw.write(Uint8Array.of(byte))
          await siege.pause(1_000)
        }
      }
      await many(60, () => socket(siege, talk))
    },
  },
  'noise-garbage': {
    what: 'a true handshake, and then random bytes inside the encryption',
    must: 'closed',
    run: async siege => {
      const attacker = await siege.attacker({ greets: false })
      const garbage = randomBytes(60_000)
      const strike = (connection: Connection) => {
        const { maConn } = (connection as unknown as { readonly muxer: Below }).muxer
        return async () => void maConn.send(garbage)
      }
      await siege.press({ address: siege.field.victim.address, attacker, greets: false, strike })
    },
  },
  'hello-length': {
    what: 'a hello announced as 2 GiB long, then bytes without end',
    must: 'closed',
    run: async siege => {
      await sybils(siege, 4, siege.field.victim.address, async connection => {
        const stream = await helloStream(connection)
        await sendOn(stream, Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x07))
        while (isOn(siege, connection, stream)) await sendOn(stream, randomBytes(16_000))
      })
    },
  },
  'hello-drip': {
    what: 'sixteen identities that write their hello a byte at a time',
    must: 'closed',
    run: async siege => {
      await sybils(siege, 16, siege.field.victim.address, async connection => {
        const stream = await helloStream(connection)
        await sendOn(stream, Uint8Array.of(0x80, 0x40))
        while (isOn(siege, connection, stream)) {
          await sendOn(stream, Uint8Array.of(0))
          await siege.pause(200)
        }
      })
    },
  },
  sybils: {
    what: 'new identities without a certificate, twelve at a time, each with a polite hello',
    must: 'closed',
    run: async siege => {
      await sybils(siege, 12, siege.field.victim.address, async () => {}, { greets: true })
    },
  },
  hoard: {
    what: 'identities without a hello that leave 60 streams full of bytes at the relay, to be kept for them',
    must: 'closed',
    run: async siege => {
      const load = randomBytes(60_000)
      await sybils(siege, 40, siege.field.relay.address, async connection => {
        const fill = async (stream: Stream) => {
          for (let i = 0; i < 4; i++) await sendOn(stream, load)
          siege.add('streams filled')
        }
        // One after the other: a connection that opens many at once is cut off before it is set up.
        for (let i = 0; i < 60; i++) {
          const stream = await connection.newStream(HOP_PROTOCOL, { maxOutboundStreams: 64 })
          fill(stream).catch(() => {})
        }
      })
    },
  },
  probe: {
    what: 'asks everything that a node answers (identify, ping, gossip, sync, view, relay) before any hello',
    must: 'closed',
    run: async siege => {
      await sybils(siege, 1, siege.field.relay.address, async connection => {
        for (const protocol of [HELLO_PROTOCOL, ...PROTOCOLS]) {
          const stream = await connection.newStream(protocol, { signal: AbortSignal.timeout(2_000) })
          listen(siege, protocol, stream)
          if (protocol !== HELLO_PROTOCOL) stream.send(randomBytes(32))
        }
      })
    },
  },
  proxy: {
    what: 'asks the relay for a place, and for a way through it to each drone',
    must: 'closed',
    run: async siege => {
      await sybils(siege, 2, siege.field.relay.address, async connection => {
        for (const request of hopRequests(siege.field.honest)) {
          const stream = await connection.newStream(HOP_PROTOCOL, { signal: AbortSignal.timeout(2_000) })
          listen(siege, HOP_PROTOCOL, stream)
          stream.send(request)
        }
      })
    },
  },
} as const satisfies Readonly<Record<string, Attack>>
