import { ourNode, type Stack, stockMesh, stockNode } from './stack.ts'
import { AUTHORS, recordVerifier, TOPIC } from './updates.ts'
import { onCommand, report } from './worker.ts'

/** The one node whose CPU is measured. Arguments: stack, flush in ms, mesh peers. */
export type TestedCommand = { readonly t: 'begin' } | { readonly t: 'end' }
export type TestedReport =
  | { readonly t: 'listening'; readonly address: string }
  | { readonly t: 'meshed' }
  | { readonly t: 'measured'; readonly unique: number; readonly cpuUs: number; readonly systemUs: number }

const [stack, flushMs, peers] = [process.argv[2] as Stack, Number(process.argv[3]), Number(process.argv[4])]

let unique = 0

async function startNode() {
  if (stack === 'stock') {
    const node = await stockNode()
    node.services.gossip.addEventListener('message', () => unique++)
    node.services.gossip.subscribe(TOPIC)
    return { node, meshSize: () => stockMesh(node.services.gossip, TOPIC).length }
  }
  const verify = recordVerifier(AUTHORS)
  const node = await ourNode({
    flushMs,
    // As many as stock gets, so that both forward as much.
    mesh: { D: peers, Dlo: peers - 2, Dhi: peers + 4, Dscore: 4, Dout: 0, Dlazy: 6 },
    ephemeral: () => true,
    validate: (_topic, bytes) => (verify(bytes) ? 'accept' : 'reject'),
    onMessage: () => unique++,
  })
  node.services.gossip.subscribe(TOPIC)
  return { node, meshSize: () => node.services.gossip.meshPeers(TOPIC).length }
}

const { node, meshSize } = await startNode()
let startedAt = { unique: 0, cpu: process.cpuUsage() }
onCommand<TestedCommand>(({ t }) => {
  if (t === 'begin') startedAt = { unique, cpu: process.cpuUsage() }
  else {
    const { user, system } = process.cpuUsage(startedAt.cpu)
    report({
      t: 'measured',
      unique: unique - startedAt.unique,
      cpuUs: user + system,
      systemUs: system,
    } as TestedReport)
  }
})
report({ t: 'listening', address: String(node.getMultiaddrs()[0]) } as TestedReport)
const watch = setInterval(() => {
  if (meshSize() < peers) return
  clearInterval(watch)
  report({ t: 'meshed' } as TestedReport)
}, 50)
