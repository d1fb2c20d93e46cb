import assert from 'node:assert/strict'
import { mock } from 'node:test'
import type { Connection, Libp2p } from '@libp2p/interface'
import { PROTOCOL_VERSION } from '../../../protocols/hello/codec.ts'
import { Links } from '../../../protocols/hello/links.ts'

describe('links', () => {
  it('wakes the machine only while there is a connection to watch', async () => {
    const libp2p = Object.assign(new EventTarget(), { handle: async () => {}, unhandle: async () => {} })
    const open = (connection: Connection) => tell('connection:open', connection)
    const close = (connection: Connection) => tell('connection:close', connection)
    const tell = (type: string, detail: Connection) => libp2p.dispatchEvent(new CustomEvent(type, { detail }))
    const links = new Links({ ...quiet, libp2p: libp2p as Partial<Libp2p> as Libp2p })
    const began = mock.method(globalThis, 'setInterval')
    const ended = mock.method(globalThis, 'clearInterval')
    const running = () => began.mock.callCount() - ended.mock.callCount()
    try {
      await links.start()
      assert.equal(running(), 0, 'alone')
      const [one, two] = [inbound('one'), inbound('two')]
      open(one)
      open(two)
      assert.equal(running(), 1, 'one timer for all')
      close(one)
      assert.equal(running(), 1, 'one is left')
      close(two)
      assert.equal(running(), 0, 'alone again')
      open(one)
      assert.equal(running(), 1, 'and watched again')
      await links.stop('')
      assert.equal(running(), 0, 'stopped')
    } finally {
      began.mock.restore()
      ended.mock.restore()
    }
  })
})

const inbound = (name: string): Connection =>
  ({ direction: 'inbound', remotePeer: { toString: () => name } }) as Partial<Connection> as Connection

const quiet = {
  self: () => ({
    protocol: PROTOCOL_VERSION,
    swarm: 'test',
    name: 'self',
    role: 'drone',
    boot: 1,
    version: '0',
    instance: 'a1',
    epoch: 0,
    credential: null,
  }),
  judge: () => null,
  now: () => ({ monoUs: 0, wallMs: 0 }),
  cell: () => '',
  introduce: () => [],
  onUp() {},
  onDown() {},
  onRtt() {},
  onIntroduced() {},
} as const
