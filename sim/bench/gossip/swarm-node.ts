import { multiaddr } from '@multiformats/multiaddr'
import { socketBytes } from './socket-bytes.ts'
import { countStockCopies, ourNode, type Stack, stockNode } from './stack.ts'
import { authorSigner, body, recordVerifier, sentAtMs, signedRecord, TOPIC } from './updates.ts'
import { onCommand, report } from './worker.ts'

/**
 * One node of a swarm of real processes: publishes its position ten times a second and takes in everyone
 * else's. Arguments: stack, flush in ms, number of nodes, own number.
 */
export type SwarmCommand =
  | { readonly t: 'dial'; readonly addresses: readonly string[] }
  | { readonly t: 'publish' }
  | { readonly t: 'begin' }
  | { readonly t: 'end' }

interface Measured {
  readonly t: 'measured'
  readonly published: number
  readonly deliveries: number
  readonly copies: number
  readonly bytes: number
  readonly cpuUs: number
  /** Of every delivery, ms. */
  readonly ages: readonly number[]
}
export type SwarmReport =
  | { readonly t: 'listening'; readonly address: string }
  | { readonly t: 'dialled' }
  | Measured

const PERIOD_MS = 100

const stack = process.argv[2] as Stack
const [flushMs = 20, nodes = 16, self = 0] = process.argv.slice(3).map(Number)

const bytes = socketBytes()
let ages: number[] = []
let deliveries = 0
let published = 0

function delivered(record: Uint8Array): void {
  deliveries++
  ages.push(nowMs() - sentAtMs(record))
}

/** The same in all processes of this machine, and finer than `Date.now()`. */
function nowMs(): number {
  return performance.timeOrigin + performance.now()
}

async function startNode() {
  if (stack === 'stock') {
    const node = await stockNode(bytes)
    const gossip = node.services.gossip
    const copies = countStockCopies(gossip)
    gossip.addEventListener('message', event => delivered(event.detail.data))
    gossip.subscribe(TOPIC)
    // A publish that finds nobody yet is no matter here.
    return {
      node,
      copies,
      publish: (record: Uint8Array) => void gossip.publish(TOPIC, record).catch(() => {}),
    }
  }
  const verify = recordVerifier(nodes)
  const signer = authorSigner(self)
  const node = await ourNode(
    {
      flushMs,
      ephemeral: () => true,
      validate: (_topic, record) => (verify(record) ? 'accept' : 'reject'),
      onMessage: (_topic, record) => delivered(record),
    },
    bytes,
  )
  const gossip = node.services.gossip
  gossip.subscribe(TOPIC)
  return {
    node,
    copies: () => gossip.counters.messagesIn,
    publish: (record: Uint8Array) => gossip.publish(TOPIC, signedRecord(signer, record)),
  }
}

const { node, copies, publish } = await startNode()

function publishPeriodically(): void {
  const each = () => publish(body(self, published++, nowMs()))
  setTimeout(() => setInterval(each, PERIOD_MS), Math.random() * PERIOD_MS)
}

let before = { published: 0, deliveries: 0, copies: 0, bytes: 0, cpu: process.cpuUsage() }
function measured(): Measured {
  const { user, system } = process.cpuUsage(before.cpu)
  return {
    t: 'measured',
    published: published - before.published,
    deliveries: deliveries - before.deliveries,
    copies: copies() - before.copies,
    bytes: bytes.received - before.bytes,
    cpuUs: user + system,
    ages,
  }
}

onCommand<SwarmCommand>(command => {
  if (command.t === 'publish') publishPeriodically()
  else if (command.t === 'end') report(measured())
  else if (command.t === 'begin') {
    ages = []
    before = { published, deliveries, copies: copies(), bytes: bytes.received, cpu: process.cpuUsage() }
  } else {
    Promise.all(command.addresses.map(address => node.dial(multiaddr(address)))).then(() =>
      report({ t: 'dialled' }),
    )
  }
})
report({ t: 'listening', address: String(node.getMultiaddrs()[0]) } as SwarmReport)
