import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { type GossipInit, skeinGossip } from '../../../protocols/gossip/gossip.ts'
import { halfWindowYamux } from '../../../protocols/transport/half-window-yamux.ts'
import { singleWrite } from '../../../protocols/transport/single-write.ts'

export type Stack = 'stock' | 'ours'

/** Connecting a whole benchmark at once from one address is not what the limits of libp2p are for. */
const BASE = {
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  connectionManager: { inboundConnectionThreshold: 1_000, maxIncomingPendingConnections: 1_000 },
  connectionMonitor: { enabled: false },
}

export const STACK_OPTIONS = {
  stock: { ...BASE, streamMuxers: [yamux()] },
  ours: { ...BASE, streamMuxers: [halfWindowYamux()], connectionProtector: singleWrite() },
}

/** js-libp2p as it comes: GossipSub with its defaults, StrictSign among them. */
export function stockNode() {
  return createLibp2p({
    ...STACK_OPTIONS.stock,
    // Peers of one host are not an attack here; ten and more of them would empty the mesh.
    services: { identify: identify(), gossip: gossipsub({ scoreParams: { IPColocationFactorWeight: 0 } }) },
  })
}

export function ourNode(init: GossipInit) {
  return createLibp2p({
    ...STACK_OPTIONS.ours,
    services: { identify: identify(), gossip: skeinGossip(init) },
  })
}

/** The mesh peers that stock GossipSub keeps to itself. */
export function stockMesh(gossip: object, topic: string): readonly string[] {
  return (gossip as { getMeshPeers(topic: string): string[] }).getMeshPeers(topic)
}
