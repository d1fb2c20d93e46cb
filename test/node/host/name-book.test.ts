import assert from 'node:assert/strict'
import { NameBook } from '../../../node/host/name-book.ts'
import { credentialOf } from '../../src/policy/samples.ts'

describe('name book', () => {
  it('has what agents say of themselves, where all are as good as their word', () => {
    const book = new NameBook(null)
    assert.equal(book.find('a'), undefined)
    book.learn('a', { name: 'heron', role: 'drone' })
    assert.deepEqual(book.find('a'), { name: 'heron', role: 'drone' })
  })

  it('regression: has what certificates say in a closed swarm, whatever anyone says besides', () => {
    const { certificate } = credentialOf({ agent: 'a', name: 'heron', roles: ['relay', 'anchor'] })
    const book = new NameBook(agent => (agent === 'a' ? certificate : undefined))
    for (const agent of ['a', 'b']) book.learn(agent, { name: 'ibex', role: 'dispatcher' })
    assert.deepEqual(book.find('a'), { name: 'heron', role: 'relay' })
    assert.equal(book.find('b'), undefined)
    book.learn('a', { name: 'ibex', role: 'anchor' })
    assert.deepEqual(book.find('a'), { name: 'heron', role: 'anchor' })
  })
})
