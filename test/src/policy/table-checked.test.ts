import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROLES } from '../../../src/policy/roles.ts'
import { RULED_VERBS, SAFE_VERBS } from '../../../src/policy/rules/command.ts'
import { TABLE, tableRows } from '../../../src/policy/table.ts'

/**
 * A right that nobody asks for protects nothing. Rights of what is yet to be written, and the issue that brings it;
 * null = none is filed so far: jobs and their auction are planned, and nothing more.
 */
const WAITING: Readonly<Record<string, number | null>> = {
  'state-machine vote': 4,
  'state-machine hold-lease': 4,
  'state-machine write-register': 4,
  'state-machine reserve-airspace': 5,
  'state-machine set-constraint': 5,
  'state-machine clear-hazard': 5,
  'state-machine submit-job': null,
  'state-machine cancel-job': null,
  'state-machine bid-for-job': null,
  'state-machine complete-job': null,
}
/** Every member has these, so who was admitted may: the hello is where they are checked. */
const BY_ADMISSION: ReadonlySet<string> = new Set(['stream use-relay'])

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const SOURCES = ['src', 'node', 'protocols'].flatMap(sourcesIn)
const ASKED_BY_NAME = /\b(?:may|allows)\([^()]*,\s*'([a-z-]+)',\s*'([a-z-]+)'/g
/** A command is signed under any verb, and its author is asked for under that same one. */
const ASKED_FOR_COMMANDS = /\bmay\([^()]*,\s*'command',\s*(?:command\.)?verb\b/

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => readFileSync(join(ROOT, folder, name), 'utf8'))
}

const NAMED = new Set(
  SOURCES.flatMap(text =>
    [...text.matchAll(ASKED_BY_NAME)].map(([, place = '', verb = '']) => `${place} ${verb}`),
  ),
)

describe('rights of the table', () => {
  for (const { place, verb, roles } of tableRows()) {
    const right = `${place} ${verb}`
    const issue = WAITING[right]
    if (issue !== undefined)
      it(`${right}: waits for ${issue === null ? 'an issue yet to be filed' : `issue ${issue}`}, so nobody asks for it yet`, () => {
        assert.ok(!NAMED.has(right), 'it is asked for now: take it off the list above')
      })
    else if (BY_ADMISSION.has(right))
      it(`${right}: comes with admission, for every role`, () => {
        assert.deepEqual([...roles].sort(), [...ROLES].sort())
        assert.ok(!NAMED.has(right), 'it is asked for now: take it off the list above')
      })
    else if (place !== 'command')
      it(`${right}: is asked for`, () => assert.ok(NAMED.has(right), 'no code asks for it'))
  }

  it('command: is asked for under the verb of the command, wherever one is sent, carried and executed', () => {
    const verbs = [...SAFE_VERBS, ...RULED_VERBS]
    assert.deepEqual(Object.keys(TABLE.command).sort(), [...verbs].sort())
    for (const file of ['commanding.ts', 'executor.ts'])
      assert.match(readFileSync(join(ROOT, 'src/agent', file), 'utf8'), ASKED_FOR_COMMANDS, file)
  })

  it('waits for nothing that is not in the table', () => {
    const rights = new Set(tableRows().map(({ place, verb }) => `${place} ${verb}`))
    for (const right of [...Object.keys(WAITING), ...BY_ADMISSION]) assert.ok(rights.has(right), right)
  })

  it('are all asked for in the form that is looked for here', () => {
    const known = new Set(tableRows().map(({ place, verb }) => `${place} ${verb}`))
    for (const right of NAMED) assert.ok(known.has(right), right)
    assert.ok(NAMED.size >= 5, [...NAMED].join())
  })
})
