import assert from 'node:assert/strict'
import { agentOfAddress, dialableAddress } from '../../../node/host/peer-address.ts'

const A = '12D3KooWRvjWyoy16tmznwtkprAdn9YtgFy4wrzTqw9X4mKANvJm'
const B = '12D3KooWAFj9qLRJ5jyy6oYi4eny9EACTxZbEYLwAt3GFN5ETmpH'
const TCP = '/ip4/192.0.2.1/tcp/4710'

describe('peer address', () => {
  it('ends in the peer that is expected there', () => {
    assert.equal(dialableAddress(TCP, A), `${TCP}/p2p/${A}`)
    assert.equal(dialableAddress(`${TCP}/p2p/${A}`, A), `${TCP}/p2p/${A}`)
    assert.equal(dialableAddress(TCP, null), TCP)
  })

  it('may lead through a relay', () => {
    const relayed = `${TCP}/p2p/${B}/p2p-circuit`
    assert.equal(dialableAddress(relayed, A), `${relayed}/p2p/${A}`)
  })

  it('is refused when it names another peer, is no address, of another transport, or too long', () => {
    const bad = [
      `${TCP}/p2p/${B}`,
      'nonsense',
      '',
      '/ip4/192.0.2.1/udp/1/quic-v1',
      `/dns4/${'x'.repeat(300)}/tcp/1`,
    ]
    for (const text of bad) assert.equal(dialableAddress(text, A), null, text.slice(0, 40))
  })

  it('tells whom it names', () => {
    assert.equal(agentOfAddress(`${TCP}/p2p/${A}`), A)
    assert.equal(agentOfAddress(TCP), null)
  })
})
