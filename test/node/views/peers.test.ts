import assert from 'node:assert/strict'
import type { PeerView } from '../../../node/interface.ts'
import { type PeerSources, peerViews } from '../../../node/views/peers.ts'

const [MET, DIALED, HEARD_OF, SILENT, STRANGER] = [
  'a-met',
  'b-dialed',
  'c-heard-of',
  'd-silent',
  'e-stranger',
] as const

const NAMED = new Map<string, { readonly name: string; readonly role: string }>([
  [MET, { name: 'met', role: 'relay' }],
  [SILENT, { name: 'silent', role: 'drone' }],
])

/** A node that is connected to one peer, dials a second, has heard of a third, has lost a fourth, and refused a fifth. */
function sources(change: Partial<PeerSources> = {}): PeerSources {
  const hello = { protocol: 1, swarm: 's', name: 'said', role: 'drone', boot: 1, version: '1.0.0' }
  const link = { hello, rttMs: 1.234, clockOffsetMs: -2.6, lastHeardUs: 4_000_000 }
  const remoteAddr = '/ip4/10.0.0.1/tcp/1/p2p-circuit'
  const booked = (agent: string) => ({
    key: agent,
    agent,
    addresses: [`/ip4/10.0.0.9/tcp/1/p2p/${agent}`],
  })
  const known = [
    ...[DIALED, HEARD_OF, SILENT, STRANGER].map(booked),
    { key: '/dns4/x/tcp/1', agent: null, addresses: [] },
  ]
  return {
    links: {
      peers: () => [MET],
      link: (agent: string) => (agent === MET ? link : undefined),
      connection: (agent: string) => (agent === MET ? { remoteAddr } : undefined),
    } as unknown as PeerSources['links'],
    keeper: { known: () => known } as unknown as PeerSources['keeper'],
    gossip: { meshPeers: () => [MET] },
    names: { find: agent => NAMED.get(agent) },
    gone: new Map([
      [SILENT, { state: 'failed', why: 'silent' }],
      [STRANGER, { state: 'refused', why: 'told it: another swarm' }],
    ]),
    dialing: new Set([DIALED, SILENT, STRANGER]),
    joined: ['881f8d4b07fffff'],
    monoUs: 5_000_000,
    ...change,
  }
}

const stateOf = (views: readonly PeerView[]) => views.map(({ agent, state, why }) => [agent, state, why])

describe('view of the peers', () => {
  it('tells who is connected, dialed, only heard of, and gone', () => {
    assert.deepEqual(stateOf(peerViews(sources())), [
      [MET, 'connected', null],
      [DIALED, 'dialing', null],
      [HEARD_OF, 'known', null],
      [SILENT, 'failed', 'silent'],
      [STRANGER, 'refused', 'told it: another swarm'],
    ])
  })

  it('calls a peer that is gone by the name it had', () => {
    const silent = peerViews(sources()).find(({ agent }) => agent === SILENT)
    assert.deepEqual([silent?.name, silent?.role, silent?.version], ['silent', 'drone', null])
    const heardOf = peerViews(sources()).find(({ agent }) => agent === HEARD_OF)
    assert.deepEqual([heardOf?.name, heardOf?.role], [null, null])
  })

  it('says how a connected peer is reached', () => {
    const [met] = peerViews(sources())
    assert.deepEqual(met, {
      agent: MET,
      name: 'met',
      role: 'relay',
      state: 'connected',
      why: null,
      path: 'relayed',
      rttMs: 1.23,
      addresses: ['/ip4/10.0.0.1/tcp/1/p2p-circuit'],
      version: '1.0.0',
      clockOffsetMs: -3,
      mesh: true,
      lastSeenMs: 1_000,
    })
  })

  it('reads the book once, however many peers there are', () => {
    let reads = 0
    const crowd = Array.from({ length: 50 }, (_, i) => ({ key: `${i}`, agent: `${i}`, addresses: [] }))
    const keeper = {
      known: () => {
        reads++
        return crowd
      },
    } as unknown as PeerSources['keeper']
    assert.equal(peerViews(sources({ keeper })).length, 51)
    assert.equal(reads, 1)
  })
})
