import { preSharedKey } from '@libp2p/pnet'
import type { Libp2pOptions } from 'libp2p'
import type { AgentId } from '../../src/ports.ts'
import type { PeerMeter } from '../budget/guard.ts'
import { ConnectionMeters } from './connection-meters.ts'
import { halfWindowYamux } from './half-window-yamux.ts'
import { leanNoise } from './lean-noise.ts'
import { singleWrite } from './single-write.ts'

type SwarmLayers = Required<
  Pick<Libp2pOptions, 'connectionEncrypters' | 'streamMuxers' | 'connectionProtector'>
>

/**
 * What lies between a TCP socket and our protocols, the same in every node, test and benchmark: noise, yamux, and,
 * with a pre-shared key (libp2p's PSK format), a private network. Stock libp2p understands all of it.
 * `meter`: is told what each peer sends. `isIn`: whether a peer was let in, by default all are.
 */
export function swarmLayers(
  psk: Uint8Array | null,
  meter?: PeerMeter,
  isIn?: (peer: AgentId) => boolean,
): SwarmLayers {
  const meters = meter && new ConnectionMeters(meter, isIn)
  const muxer = halfWindowYamux({
    maxInboundStreams: 64,
    maxOutboundStreams: 64,
    // libp2p aborts a stream that holds more unread than its read buffer: the window must stay below it.
    streamOptions: {
      maxStreamWindowSize: 1 << 20,
      maxReadBufferLength: 2 << 20,
      maxWriteBufferLength: 4 << 20,
    },
  })
  return {
    connectionEncrypters: [leanNoise(meters?.bytes)],
    streamMuxers: [meters === undefined ? muxer : meters.frames(muxer)],
    connectionProtector: psk === null ? singleWrite() : singleWrite(preSharedKey({ psk })),
  }
}
