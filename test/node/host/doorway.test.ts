import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'
import { Doorway, doorwayRoom, Standing } from '../../../node/host/doorway.ts'
import { eventually } from '../../e2e/helpers/eventually.ts'
import { addressOf, ClosedSwarm, isWith } from '../trust/closed-swarm.ts'

/** Somebody in the way. */
class Body {
  gone = false
  abort(): void {
    this.gone = true
  }
}

/** The listener of a transport with a doorway; a handshake ends when the test says so. */
function listener() {
  let upgrader: Upgrader | null = null
  const transport = {
    createListener: (options: { upgrader: Upgrader }) => {
      upgrader = options.upgrader
    },
  }
  const guarded = new Doorway(64).guard(() => transport as unknown as Transport)({})
  const handshakes = new Map<unknown, Promise<void>>()
  const upgradeInbound = (one: unknown) => handshakes.get(one)
  guarded.createListener({ upgrader: { upgradeInbound } as unknown as Upgrader })
  return {
    connection: () => new Body(),
    async shakeHands(one: Body, until: Promise<void>): Promise<void> {
      handshakes.set(one, until)
      const signal = AbortSignal.timeout(60_000)
      await upgrader?.upgradeInbound(one as unknown as MultiaddrConnection, { signal })
    },
  }
}

describe('the doorway', () => {
  it('has room for so many, and cuts off who stands there longest when one more comes', () => {
    const standing = new Standing<Body>(2)
    const [first, second, third] = [new Body(), new Body(), new Body()]
    standing.enter(first)
    standing.enter(second)
    assert.ok(!first.gone)
    standing.enter(third)
    assert.deepEqual(
      [first, second, third].map(({ gone }) => gone),
      [true, false, false],
    )
    assert.equal(standing.size, 2)
  })

  it('forgets who passed', () => {
    const standing = new Standing<Body>(1)
    const [first, second] = [new Body(), new Body()]
    standing.enter(first)
    standing.leave(first)
    standing.enter(second)
    assert.ok(!first.gone && !second.gone)
  })

  it('is wider where a whole swarm meets', () => {
    assert.deepEqual([2, 64, 1024].map(doorwayRoom), [64, 64, 512])
  })

  it('cuts off whose handshake takes longest when there are too many, and nobody whose is done', async () => {
    const { connection, shakeHands } = listener()
    const done = connection()
    await shakeHands(done, Promise.resolve())
    const never = new Promise<void>(() => {})
    const slow = Array.from({ length: doorwayRoom(64) + 1 }, connection)
    for (const one of slow) void shakeHands(one, never)
    assert.ok(!done.gone)
    assert.deepEqual(slow.map(({ gone }) => gone).lastIndexOf(true), 0, 'the first of them, and no other')
  })

  it('lets a member in while an outsider holds all the connections it can, and says nothing', async function () {
    this.timeout(60_000)
    await using swarm = await ClosedSwarm.found()
    const hub = await swarm.member('hub')
    const port = Number(/\/tcp\/(\d+)/.exec(addressOf(hub))?.[1])
    const sockets = new Set<Socket>()
    const hold = () => {
      const socket = connect({ host: '127.0.0.1', port })
      sockets.add(socket)
      socket.on('error', () => {}).resume()
      socket.once('close', () => sockets.delete(socket))
    }
    const flood = setInterval(() => {
      // Fewer a second than libp2p takes of one host, so that the member, on the same host, is not counted out.
      if (sockets.size < 400) for (let i = 0; i < 4; i++) hold()
    }, 50)
    try {
      await eventually('the doorway is full', () => assert.ok(sockets.size >= doorwayRoom(64)))
      const late = await swarm.member('late', { bootstrap: [addressOf(hub)] })
      await eventually('the member is in', () => assert.ok(isWith(hub, late.agent)), { withinS: 20 })
    } finally {
      clearInterval(flood)
      for (const socket of sockets) socket.destroy()
    }
  })
})
