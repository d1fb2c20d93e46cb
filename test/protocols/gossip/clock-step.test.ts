import assert from 'node:assert/strict'
import { clockStepDetector } from '../../../protocols/gossip/clock-step.ts'
import { connect, ourNode, stopAll, type TestNode, until } from './nodes.ts'

const HOUR_MS = 3_600_000

describe('protocols/gossip/clock-step', () => {
  it('tells a step from drift and from a late look', () => {
    let [wallMs, monoMs] = [1_000_000, 0]
    const stepMs = clockStepDetector(
      () => wallMs,
      () => monoMs,
    )
    ;[wallMs, monoMs] = [1_001_900, 1_000]
    assert.equal(stepMs(), 0)
    ;[wallMs, monoMs] = [wallMs + 60_000, monoMs + 60_000]
    assert.equal(stepMs(), 0)
    ;[wallMs, monoMs] = [wallMs - 2 * HOUR_MS + 100, monoMs + 100]
    assert.equal(stepMs(), -2 * HOUR_MS)
    assert.equal(stepMs(), 0)
  })

  describe('in a node whose clock goes back two hours while it backs off', () => {
    const now = Date.now
    let nodes: TestNode[] = []
    afterEach(async () => {
      Date.now = now
      await stopAll(nodes)
    })

    it('lets the mesh form again as soon as the back-off is over', async function () {
      this.timeout(20_000)
      const [a, b] = await Promise.all([ourNode(), ourNode()])
      nodes = [a, b]
      await connect(a, b)
      const meshed = () => a.meshPeers('p/1').length === 1 && b.meshPeers('p/1').length === 1
      for (const node of [a, b]) node.subscribe('p/1')
      await until('a mesh', meshed)
      // Leaving tells the peer to stay away for ten seconds.
      a.gossip.unsubscribe('p/1')
      await until('no mesh', () => b.meshPeers('p/1').length === 0)
      const steppedAt = now()
      // From here the clock runs ten times as fast, which is no step, so that the test need not wait.
      Date.now = () => now() - 2 * HOUR_MS + 9 * (now() - steppedAt)
      const noticed = (node: typeof a) => node.gossip.counters.clockSteps === 1
      await until('the step is noticed', () => noticed(a) && noticed(b))
      a.subscribe('p/1')
      await until('a mesh again', meshed)
    })
  })
})
