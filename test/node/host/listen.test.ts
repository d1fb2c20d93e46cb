import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../../node/config/load.ts'
import { createLogger } from '../../../node/log.ts'
import { createNode, type RunningNode } from '../../../node/node.ts'

/** What `createNode` does of itself; the program asks for the ports of its flags first. */
describe('the ports that a node listens on', function () {
  this.timeout(60_000)
  const nodes: RunningNode[] = []
  let dir: string

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'skein-listen-'))
  })

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(node => node.stop()))
    await rm(dir, { recursive: true, force: true })
  })

  async function start(name: string, listen: readonly string[], moveListenPorts?: boolean) {
    const flags = { name, dataDir: join(dir, name), listen, vehicle: { kind: 'none' } } as const
    const { config } = loadConfig({ profile: 'sim', flags })
    const log = createLogger({ level: 'silent', format: 'json', name })
    const node = await createNode(config, {
      log,
      ...(moveListenPorts === undefined ? {} : { moveListenPorts }),
    })
    nodes.push(node)
    return node
  }

  const portsOf = (node: RunningNode) =>
    node.status().listen.map(address => Number(/\/tcp\/(\d+)/.exec(address)?.[1]))

  it('are said to be taken, by which address and what to do, and nothing is left open', async () => {
    await using held = await holdPort()
    const address = `/ip4/127.0.0.1/tcp/${held.port}`
    await assert.rejects(start('a', [address]), {
      name: 'ListenError',
      code: 'port-taken',
      path: 'listen',
      address,
      message:
        `listen: the port of ${address} is taken by another program, perhaps another node. ` +
        'Stop that one, or set listen to another port (0 = any free one)',
    })
    await start('a', ['/ip4/127.0.0.1/tcp/0'])
  })

  it('are refused at an address that this machine has not', async () => {
    await assert.rejects(start('a', ['/ip4/127.0.0.1/tcp/0', '/ip4/192.0.2.1/tcp/4710']), {
      code: 'address-unavailable',
      message: /192\.0\.2\.1\/tcp\/4710 is not an address of this machine/,
    })
  })

  it('move up to free ones when they may, also for those that start at the same instant', async () => {
    await using held = await holdPort()
    const address = `/ip4/127.0.0.1/tcp/${held.port}`
    const started = await Promise.all(['a', 'b', 'c', 'd'].map(name => start(name, [address], true)))
    const ports = started.flatMap(portsOf)
    assert.equal(new Set(ports).size, 4)
    for (const port of ports) assert.ok(port > held.port && port < held.port + 100, `${port}`)
  })
})

async function holdPort(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      await new Promise(resolve => server.close(resolve))
    },
  }
}
