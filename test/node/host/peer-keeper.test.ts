import assert from 'node:assert/strict'
import type { Libp2p } from '@libp2p/interface'
import { agentOf, keyOf, newSeed } from '../../../node/authority/keys.ts'
import { PeerKeeper } from '../../../node/host/peer-keeper.ts'
import type { AgentId } from '../../../src/ports.ts'

const somebody = (): AgentId => agentOf(keyOf(newSeed()))

const of = (agent: AgentId) => ({
  agent,
  addresses: ['/ip4/127.0.0.1/tcp/9'],
  cell: '' as const,
  name: '',
  role: 'drone',
})

function keeper() {
  const self = somebody()
  const libp2p = { peerId: { toString: () => self } } as Partial<Libp2p> as Libp2p
  return new PeerKeeper({
    libp2p,
    rule: { target: 12, max: 64, parallel: 8 },
    bootstrap: [],
    booked: [],
    monoUs: () => 0,
    ownCell: () => '',
    cellOf: () => '',
    random: () => 0,
    blocked: () => false,
    log: () => {},
  })
}

const agents = (book: PeerKeeper) => new Set(book.known().map(({ agent }) => agent))

describe('peer keeper', () => {
  it('regression: forgets nobody for those that a liar tells it of, without end', () => {
    const book = keeper()
    const honest = Array.from({ length: 20 }, somebody)
    book.introduced('relay', honest.map(of))
    for (let i = 0; i < 100; i++)
      book.introduced(
        'liar',
        Array.from({ length: 32 }, () => of(somebody())),
      )
    const known = agents(book)
    assert.ok(honest.every(agent => known.has(agent)))
    assert.equal(known.size, 20 + 64)
  })

  it('remembers whoever answered, whoever told of it', () => {
    const book = keeper()
    const answered = Array.from({ length: 100 }, somebody)
    for (const agent of answered) {
      book.introduced('relay', [of(agent)])
      book.up(agent, ['/ip4/127.0.0.1/tcp/9'])
    }
    assert.equal(agents(book).size, 100)
  })
})
