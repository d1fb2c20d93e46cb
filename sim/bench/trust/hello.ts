import { createLibp2p, type Libp2p } from 'libp2p'
import { encodeHello, type Hello, PROTOCOL_VERSION } from '../../../protocols/hello/codec.ts'
import { Links } from '../../../protocols/hello/links.ts'
import { agentIdOf } from '../../../protocols/identity/agent-id.ts'
import { layers } from '../gossip/stack.ts'
import { median } from '../result.ts'
import { credentialBytes, open } from './members.ts'

/** What letting a peer in costs. */
export interface HelloFigures {
  /** From the connection to both sides being let in, ms, median. */
  readonly ms: number
  /** Of the two hellos together. */
  readonly bytes: number
}

/** Two nodes of the real stack on loopback meet again and again. `closed`: each shows and verifies a certificate. */
export async function measureHello(closed: boolean, times: number): Promise<HelloFigures> {
  const taken: number[] = []
  let bytes = 0
  for (let i = 0; i < times; i++) {
    const both = Promise.withResolvers<void>()
    let up = 0
    const onUp = (): void => {
      up++
      if (up === 2) both.resolve()
    }
    const [listener, caller] = [await createNode(), await createNode()]
    const ends = [linksOf(listener, closed, onUp), linksOf(caller, closed, onUp)]
    bytes = ends.reduce((sum, { hello }) => sum + encodeHello({ t: 'hello', hello }).byteLength, 0)
    await Promise.all(ends.map(({ links }) => links.start()))
    await Promise.all([listener.start(), caller.start()])
    let connectedMs = 0
    caller.addEventListener('connection:open', () => {
      connectedMs = performance.now()
    })
    await caller.dial(listener.getMultiaddrs())
    await both.promise
    taken.push(performance.now() - connectedMs)
    await Promise.all([listener.stop(), caller.stop()])
  }
  return { ms: median(taken), bytes }
}

const createNode = (): Promise<Libp2p> => createLibp2p({ start: false, ...layers('ours') })

function linksOf(libp2p: Libp2p, closed: boolean, onUp: () => void) {
  const publicKey = libp2p.peerId.publicKey?.raw ?? new Uint8Array(32)
  const hello: Hello = {
    protocol: PROTOCOL_VERSION,
    swarm: 'bench',
    name: 'drone-1',
    role: 'drone',
    boot: 1,
    version: '0.1.0',
    instance: '0123456789abcdef',
    epoch: 0,
    credential: closed ? credentialBytes(publicKey, 1) : null,
  }
  const links = new Links({
    libp2p,
    self: () => hello,
    judge: (peer, { credential }) => {
      if (!closed) return null
      if (credential === null) return 'no certificate'
      return open(credential).certificate.agent === peer ? null : 'not yours'
    },
    now: () => ({ monoUs: Math.round(performance.now() * 1000), wallMs: Date.now() }),
    cell: () => '',
    introduce: () => [],
    onUp,
    onDown: () => {},
    onRtt: () => {},
    onIntroduced: () => {},
  })
  return { links, hello, agent: agentIdOf(publicKey) }
}
