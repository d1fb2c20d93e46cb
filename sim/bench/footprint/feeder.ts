/*
 * The swarm around the node of G11's long run: peers that greet it as nodes do and relay the signed reports of fifty
 * authors to it, each report from every peer. Arguments: address, swarm, peers, reports a second, latE7, lonE7.
 */
import { identify } from '@libp2p/identify'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { type Gossip, skeinGossip } from '../../../protocols/gossip/gossip.ts'
import { PROTOCOL_VERSION } from '../../../protocols/hello/codec.ts'
import { Links } from '../../../protocols/hello/links.ts'
import { ed25519Signer, sha256 } from '../../../protocols/identity/ed25519.ts'
import { KeyDirectory } from '../../../protocols/identity/key-directory.ts'
import { createSealer } from '../../../protocols/position/sealing.ts'
import { positionTopic } from '../../../protocols/position/topic.ts'
import { DEFAULT_AGENT_CONFIG } from '../../../src/agent/config.ts'
import { cellOf } from '../../../src/geo/cells.ts'
import type { SignedPosition } from '../../../src/position/position.ts'
import { layers } from '../gossip/stack.ts'

const AUTHORS = 50
const TICK_MS = 10
/** Authors stand this far apart, degrees x 1e7: about 11 m, all in the cell of the node or next to it. */
const STEP_E7 = 1_000

const [address = '', swarm = ''] = process.argv.slice(2)
const [peers = 4, ratePerS = 500, latE7 = 0, lonE7 = 0] = process.argv.slice(4).map(Number)

async function connect(index: number): Promise<Gossip> {
  const node = await createLibp2p({
    ...layers('ours'),
    services: {
      identify: identify(),
      gossip: skeinGossip({ ephemeral: () => true, validate: () => 'ignore', onMessage: () => {} }),
    },
  })
  const links = new Links({
    libp2p: node,
    self: () => ({
      protocol: PROTOCOL_VERSION,
      swarm,
      name: `feeder-${index}`,
      role: 'relay',
      boot: 1,
      version: '0',
      instance: 'feeder',
      epoch: 0,
      credential: null,
    }),
    judge: () => null,
    now: () => ({ monoUs: Math.round(performance.now() * 1000), wallMs: Date.now() }),
    cell: () => '',
    introduce: () => [],
    onUp: () => {},
    onDown: () => {},
    onRtt: () => {},
    onIntroduced: () => {},
  })
  await links.start()
  await node.dial(multiaddr(address))
  return node.services.gossip
}

function author(index: number): () => SignedPosition {
  const seal = createSealer(
    swarm,
    ed25519Signer(new Uint8Array(32).fill(index + 1)),
    new KeyDirectory(sha256),
  )
  const at = { latE7: latE7 + (index % 7) * STEP_E7, lonE7: lonE7 + Math.floor(index / 7) * STEP_E7 }
  const { cellResolution, position } = DEFAULT_AGENT_CONFIG
  let seq = 0
  return () => {
    const moved = { ...at, latE7: at.latE7 + (seq % 100) }
    return seal(
      {
        ...moved,
        agent: '',
        boot: 1,
        seq: ++seq,
        hlc: Date.now() * 1024,
        validMs: position.validMs,
        altMm: 500_000,
        heightDm: 500,
        vnCms: 100,
        veCms: 0,
        vdCms: 0,
        headingCdeg: 0,
        accHDm: 10,
        accVDm: 10,
        status: 'Airborne',
        batteryPct: 80,
        intent: null,
        tokens: [],
      },
      cellOf(moved.latE7, moved.lonE7, cellResolution),
    )
  }
}

const gossips = await Promise.all(Array.from({ length: peers }, (_, i) => connect(i)))
const topics = new Set<string>()
const authors = Array.from({ length: AUTHORS }, (_, i) => author(i))
const startedMs = performance.now()
let sent = 0
setInterval(() => {
  const due = Math.floor(((performance.now() - startedMs) / 1000) * ratePerS)
  for (; sent < due; sent++) {
    const report = authors[sent % AUTHORS]?.()
    if (report === undefined) continue
    const topic = positionTopic(report.cell)
    for (const gossip of gossips) {
      if (!topics.has(topic)) gossip.subscribe(topic)
      gossip.publish(topic, report.bytes)
    }
    topics.add(topic)
  }
}, TICK_MS)
console.log('feeding')
