import assert from 'node:assert/strict'
import { ROLES, type Role } from '../../../src/policy/roles.ts'
import { allows, PLACES, type Place, TABLE, type Verb } from '../../../src/policy/table.ts'

/**
 * Every right of every role, written out: whoever changes the table says here, too, that it is meant. One letter for
 * each role that has it, in the order of the roles; a dot for each that has not.
 */
const MATRIX = `
                                    Drone Anchor Relay Dispatcher Observer reGulator Bridge
  topic          announce-position  D     A      .     .          .        .         .
  topic          hear-positions     D     A      .     D          O        G         B
  stream         sync-positions     D     A      .     D          O        G         B
  stream         watch-view         D     A      .     D          O        G         .
  stream         use-relay          D     A      R     D          O        G         B
  stream         pass-on-trust      D     A      R     D          O        G         B
  stream         hand-on-command    D     A      R     D          O        G         B
  state-machine  vote               D     A      R     .          .        .         .
  state-machine  reserve-airspace   D     .      .     .          .        .         .
  state-machine  hold-lease         D     A      .     .          .        .         .
  state-machine  write-register     D     A      .     D          .        G         .
  state-machine  set-constraint     .     .      .     .          .        G         .
  state-machine  clear-hazard       .     .      .     .          .        G         .
  state-machine  submit-job         .     .      .     D          .        .         .
  state-machine  cancel-job         .     .      .     D          .        .         .
  state-machine  bid-for-job        D     .      .     .          .        .         .
  state-machine  complete-job       D     .      .     .          .        .         .
  command        hold               .     .      .     D          .        G         .
  command        land               .     .      .     D          .        G         .
  command        return             .     .      .     D          .        G         .
  command        start              .     .      .     D          .        .         .
  command        abort              .     .      .     D          .        .         .
  command        goto               .     .      .     D          .        .         .
  command        kill               .     .      .     D          .        G         .
`
const COLUMNS: readonly Role[] = ['drone', 'anchor', 'relay', 'dispatcher', 'observer', 'regulator', 'bridge']
const LETTERS = ['D', 'A', 'R', 'D', 'O', 'G', 'B']

const ROWS = MATRIX.trim()
  .split('\n')
  .slice(1)
  .map(line => line.trim().split(/ +/))
  .map(([place = '', verb = '', ...cells]) => ({ place: place as Place, verb, cells }))

/** Asks as a caller whose verb comes from elsewhere. */
const asked = (roles: readonly Role[], place: Place, verb: string): boolean =>
  allows(roles, place, verb as Verb<typeof place>)

describe('table of roles and rights', () => {
  it('is written out whole below: every role, every verb of every place', () => {
    assert.deepEqual(COLUMNS, ROLES)
    const written = ROWS.map(({ place, verb }) => `${place} ${verb}`)
    const there = PLACES.flatMap(place => Object.keys(TABLE[place]).map(verb => `${place} ${verb}`))
    assert.deepEqual(written.toSorted(), there.toSorted())
    for (const { cells } of ROWS) assert.equal(cells.length, ROLES.length)
  })

  for (const { place, verb, cells } of ROWS) {
    for (const [index, role] of COLUMNS.entries()) {
      const isAllowed = cells[index] !== '.'
      it(`${role} ${isAllowed ? 'may' : 'may not'} ${verb} (${place})`, () => {
        assert.equal(cells[index], isAllowed ? LETTERS[index] : '.')
        assert.equal(asked([role], place, verb), isAllowed)
      })
    }
  }

  it('gives who has several roles the rights of each', () => {
    assert.ok(asked(['relay', 'dispatcher'], 'command', 'goto'))
    assert.ok(asked(['dispatcher', 'relay'], 'state-machine', 'vote'))
    assert.ok(!asked(['relay', 'observer'], 'command', 'goto'))
  })

  it('denies what it does not name: no role, a verb of another place, an unknown one, one of the language', () => {
    assert.ok(!asked([], 'topic', 'announce-position'))
    assert.ok(!asked(['drone'], 'stream', 'announce-position'))
    assert.ok(!asked(['drone'], 'command', 'fly'))
    for (const verb of ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
      assert.ok(!asked([...ROLES], 'command', verb), verb)
  })
})
