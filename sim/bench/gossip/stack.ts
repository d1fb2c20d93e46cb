import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { PeerGuard } from '../../../protocols/budget/guard.ts'
import { type GossipInit, skeinGossip } from '../../../protocols/gossip/gossip.ts'
import { swarmLayers } from '../../../protocols/transport/layers.ts'
import { singleWrite } from '../../../protocols/transport/single-write.ts'
import { type SocketBytes, socketBytes } from './socket-bytes.ts'

export type Stack = 'stock' | 'ours'

/** Connecting a whole benchmark at once from one address is not what the limits of libp2p are for. */
const BASE = {
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionManager: { inboundConnectionThreshold: 1_000, maxIncomingPendingConnections: 1_000 },
  connectionMonitor: { enabled: false },
}

/** Peers are counted as in a node; this load is an honest one. */
const meter = new PeerGuard({
  onJudged: (peer, { cause }) => {
    throw new Error(`${peer} was penalized (${cause}) for an honest load`)
  },
})

/** The layers below gossip: as js-libp2p has them, or with our wrappers. */
export function layers(stack: Stack, bytes: SocketBytes = socketBytes()): Libp2pOptions {
  return stack === 'stock'
    ? {
        ...BASE,
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
        connectionProtector: bytes.protector(),
      }
    : {
        ...BASE,
        ...swarmLayers(null, meter),
        connectionProtector: bytes.protector(singleWrite()),
      }
}

/** js-libp2p as it comes: GossipSub with its defaults, StrictSign among them. */
export function stockNode(bytes?: SocketBytes) {
  return createLibp2p({
    ...layers('stock', bytes),
    // Peers of one host are not an attack here; ten and more of them would empty the mesh.
    services: { identify: identify(), gossip: gossipsub({ scoreParams: { IPColocationFactorWeight: 0 } }) },
  })
}

export function ourNode(init: GossipInit, bytes?: SocketBytes) {
  return createLibp2p({
    ...layers('ours', bytes),
    services: { identify: identify(), gossip: skeinGossip({ ...init, meter }) },
  })
}

/** The mesh peers that stock GossipSub keeps to itself. */
export function stockMesh(gossip: object, topic: string): readonly string[] {
  return (gossip as { getMeshPeers(topic: string): string[] }).getMeshPeers(topic)
}

/** Counts the message copies that stock GossipSub takes in, duplicates and all. */
export function countStockCopies(gossip: object): () => number {
  const inner = gossip as { handleReceivedMessage(...args: unknown[]): Promise<void> }
  const handle = inner.handleReceivedMessage.bind(gossip)
  let copies = 0
  inner.handleReceivedMessage = (...args) => {
    copies++
    return handle(...args)
  }
  return () => copies
}
