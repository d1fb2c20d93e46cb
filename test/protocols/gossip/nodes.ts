import { type GossipsubOpts, gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { type Gossip, type GossipInit, skeinGossip } from '../../../protocols/gossip/gossip.ts'
import { messageId } from '../../../protocols/gossip/wire.ts'
import { halfWindowYamux } from '../../../protocols/transport/half-window-yamux.ts'
import { leanNoise } from '../../../protocols/transport/lean-noise.ts'
import { singleWrite } from '../../../protocols/transport/single-write.ts'

const BASE = {
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  connectionManager: { inboundConnectionThreshold: 100, maxIncomingPendingConnections: 100 },
  connectionMonitor: { enabled: false },
}

interface Received {
  readonly topic: string
  readonly text: string
}

/** A node with our gossip layer and our transport wrappers; heartbeat ten times a second. */
export async function ourNode(init: Partial<GossipInit> = {}) {
  const received: Received[] = []
  const libp2p = await createLibp2p({
    ...BASE,
    connectionEncrypters: [leanNoise()],
    streamMuxers: [halfWindowYamux()],
    connectionProtector: singleWrite(),
    services: {
      identify: identify(),
      gossip: skeinGossip({
        heartbeatMs: 100,
        flushMs: 5,
        ephemeral: topic => topic.startsWith('p/'),
        validate: () => 'accept',
        onMessage: (topic, bytes) => void received.push({ topic, text: Buffer.from(bytes).toString() }),
        ...init,
      }),
    },
  })
  const gossip: Gossip = libp2p.services.gossip
  return {
    libp2p,
    received,
    gossip,
    subscribe: (topic: string) => gossip.subscribe(topic),
    publish: (topic: string, text: string) => gossip.publish(topic, Buffer.from(text)),
    meshPeers: (topic: string) => gossip.meshPeers(topic),
  }
}

/** A node with js-libp2p's GossipSub, muxer and TCP as they come, but for our message ids. */
export async function stockNode(options: Partial<GossipsubOpts> = {}) {
  const received: Received[] = []
  const libp2p = await createLibp2p({
    ...BASE,
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      gossip: gossipsub({
        globalSignaturePolicy: 'StrictNoSign',
        msgIdFn: message => messageId(message.topic, message.data),
        scoreParams: { IPColocationFactorWeight: 0 },
        heartbeatInterval: 100,
        ...options,
      }),
    },
  })
  const gossip = libp2p.services.gossip
  gossip.addEventListener('message', event => {
    received.push({ topic: event.detail.topic, text: Buffer.from(event.detail.data).toString() })
  })
  return {
    libp2p,
    received,
    gossip,
    subscribe: (topic: string) => gossip.subscribe(topic),
    publish: (topic: string, text: string) => void gossip.publish(topic, Buffer.from(text)),
    meshPeers: (topic: string) =>
      (gossip as unknown as { getMeshPeers(topic: string): string[] }).getMeshPeers(topic),
  }
}

export type TestNode = Awaited<ReturnType<typeof ourNode>> | Awaited<ReturnType<typeof stockNode>>

export async function connect(from: TestNode, to: TestNode): Promise<void> {
  const [address] = to.libp2p.getMultiaddrs()
  if (address === undefined) throw new Error('The node to dial listens nowhere.')
  await from.libp2p.dial(address)
}

export async function stopAll(nodes: readonly TestNode[]): Promise<void> {
  await Promise.all(nodes.map(node => node.libp2p.stop()))
}

/** Waits until `condition` holds; a test that waits in vain fails with `what`. */
export async function until(what: string, condition: () => boolean, timeoutMs = 5_000): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
