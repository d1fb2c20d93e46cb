import assert from 'node:assert/strict'
import { Connections } from '../../../sim/net/connections.ts'

/** Nodes in a row, 100 m apart, and what each was told of its peers. */
function setup(count: number) {
  const down = new Set<number>()
  const told: string[] = []
  let cut = false
  const connections = new Connections(count, {
    running: node => !down.has(node),
    reachable: () => !cut,
    mayCall: () => true,
    distanceM: (a, b) => Math.abs(a - b) * 100,
    near: (node, visit) => {
      for (let other = 0; other < count; other++) {
        if (other !== node && !down.has(other)) visit(other, Math.abs(node - other) * 100)
      }
    },
    tell: (node, peer, up) => told.push(`${node} ${up ? '+' : '-'}${peer}`),
  })
  const setCut = (value: boolean) => {
    cut = value
  }
  return { connections, down, told, setCut }
}

const SECOND = 1_000_000

describe('connections', () => {
  it('are made to the nearest, told to both sides, and stay', () => {
    const { connections, told } = setup(3)
    connections.review(SECOND)
    assert.deepEqual(connections.peers(1).sort(), [0, 2])
    assert.deepEqual(told.sort(), ['0 +1', '0 +2', '1 +0', '1 +2', '2 +0', '2 +1'])
    told.length = 0
    connections.review(2 * SECOND)
    assert.deepEqual(told, [])
  })

  it('are never more than twelve', () => {
    const { connections } = setup(60)
    for (let i = 1; i < 20; i++) connections.review(i * SECOND)
    for (let node = 0; node < 60; node++) {
      const peers = connections.peers(node).length
      assert.ok(peers >= 6 && peers <= 12, `node ${node} has ${peers}`)
    }
  })

  it('end at once when a process dies, and come back when it does', () => {
    const { connections, down, told } = setup(2)
    connections.review(SECOND)
    told.length = 0
    down.add(1)
    connections.died(1)
    assert.deepEqual(told, ['0 -1'])
    assert.deepEqual(connections.peers(0), [])
    down.delete(1)
    connections.started(1)
    connections.review(2 * SECOND)
    assert.deepEqual(told, ['0 -1', '0 +1', '1 +0'])
  })

  it('end after twelve seconds of silence, not before, and are dialled until they answer', () => {
    const { connections, told, setCut } = setup(2)
    connections.review(SECOND)
    told.length = 0
    setCut(true)
    for (let s = 2; s < 14; s++) connections.review(s * SECOND)
    assert.deepEqual(told, [])
    connections.review(14 * SECOND)
    assert.deepEqual(told, ['0 -1', '1 -0'])
    setCut(false)
    connections.review(60 * SECOND)
    assert.deepEqual(told.slice(2), ['0 +1', '1 +0'])
  })

  it('carry messages in order, whatever each one takes', () => {
    const { connections } = setup(2)
    connections.review(SECOND)
    const slow = connections.arrival(0, 1, SECOND, 50_000)
    const fast = connections.arrival(0, 1, SECOND + 1, 1_000)
    const back = connections.arrival(1, 0, SECOND + 1, 1_000)
    assert.ok(slow !== null && fast !== null && back !== null)
    assert.ok(fast > slow && back < slow)
    assert.equal(connections.arrival(0, 0, SECOND, 1), null)
  })
})
