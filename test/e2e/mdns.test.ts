import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from './helpers/eventually.ts'
import { Lab } from './helpers/lab.ts'
import { BIN, follow, type Run } from './helpers/node-process.ts'

const NSENTER = '/usr/bin/nsenter'
const QUIET = { stdio: 'ignore' } as const

/** A network of its own, without any way out, that goes with the process that holds it. */
class Network {
  readonly #holder: ChildProcess

  private constructor(holder: ChildProcess) {
    this.#holder = holder
  }

  static async open(lab: Lab): Promise<Network> {
    // It ends when its input does, however we end.
    const holder = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'ignore'] })
    lab.own(holder)
    await eventually('the network is there', () =>
      assert.notEqual(readlinkSync(`/proc/${holder.pid}/ns/net`), readlinkSync('/proc/self/ns/net')),
    )
    return new Network(holder)
  }

  /** Lays a cable between two networks, an end in each. */
  static connect([a, b]: readonly [Network, Network], { hasRouter }: { readonly hasRouter: boolean }): void {
    const [left, right] = [String(a.#holder.pid), String(b.#holder.pid)]
    const cable = ['link', 'add', 'cable', 'netns', left, 'type', 'veth', 'peer', 'name', 'cable']
    execFileSync('ip', [...cable, 'netns', right], QUIET)
    for (const [i, network] of [a, b].entries()) {
      network.#ip('address', 'add', `10.77.0.${i + 1}/24`, 'dev', 'cable')
      for (const device of ['cable', 'lo']) network.#ip('link', 'set', device, 'up')
      // As the router of a local network gives one: multicast goes where the rest of the world is.
      if (hasRouter) network.#ip('route', 'add', 'default', 'dev', 'cable')
    }
  }

  #ip(...args: readonly string[]): void {
    execFileSync(NSENTER, [...this.#enter, 'ip', ...args], QUIET)
  }

  get #enter(): readonly string[] {
    return [`--net=/proc/${this.#holder.pid}/ns/net`]
  }

  /** Starts a node as it is after installing it, told nothing but its swarm. */
  node(lab: Lab, name: string, swarm: string): Run {
    const data = ['--data-dir', join(lab.dir, name), '--name', name, '--vehicle', 'none']
    const settings = ['--swarm', swarm, '--set', 'eventLog.reserveMiB=1', '--set', 'log.format=json']
    const child = spawn(NSENTER, [...this.#enter, process.execPath, BIN, 'run', ...data, ...settings], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: lab.dir, NO_COLOR: '1' },
    })
    lab.own(child)
    return follow(child)
  }
}

/** Networks of our own need root, and Linux. */
function canMakeNetworks(): boolean {
  try {
    execFileSync(
      'unshare',
      ['--net', 'ip', 'link', 'add', 'left', 'type', 'veth', 'peer', 'name', 'right'],
      QUIET,
    )
    execFileSync(NSENTER, ['--version'], QUIET)
    return true
  } catch {
    return false
  }
}

const agentOf = ({ out }: Run): string =>
  /^agent +(\S+)/m.exec(out.stdout)?.[1] ?? assert.fail(`not up yet: ${out.stderr}`)

/** Two computers on one cable, and nobody else. */
describe('e2e: nodes on one local network', function () {
  this.timeout(120_000)

  before(function () {
    if (canMakeNetworks()) return
    console.log('passed over: mDNS in a network of its own, which needs root, unshare, nsenter and ip')
    this.skip()
  })

  it('find each other by mDNS, and nobody of another swarm', async () => {
    await using lab = await Lab.open()
    const networks = [await Network.open(lab), await Network.open(lab)] as const
    Network.connect(networks, { hasRouter: true })
    const stranger = networks[0].node(lab, 'stranger', `${lab.swarm}-other`)
    const nodes = networks.map((network, i) => network.node(lab, `node-${i}`, lab.swarm))
    await eventually('both have met', () => {
      for (const [i, { out }] of nodes.entries()) {
        const other = agentOf(nodes[1 - i] ?? assert.fail())
        assert.match(out.stderr, new RegExp(`"peer":"${other}".*"peer joined"`))
      }
    })
    assert.ok(agentOf(stranger), 'it was there')
    for (const { out } of [stranger, ...nodes]) assert.doesNotMatch(out.stderr, /peer refused/)
    assert.doesNotMatch(stranger.out.stderr, /peer joined/)
  })
  it('say so where multicast has no way out', async () => {
    await using lab = await Lab.open()
    const networks = [await Network.open(lab), await Network.open(lab)] as const
    Network.connect(networks, { hasRouter: false })
    const node = networks[0].node(lab, 'node', lab.swarm)
    await eventually('it is up', () => agentOf(node))
    assert.match(node.out.stderr, /no peers are found by mDNS: there is no route for multicast/)
  })
})
