import assert from 'node:assert/strict'
import { tableRows } from '../../../src/policy/table.ts'
import { skein } from './skein.ts'

describe('cli: policy table', () => {
  it('is a table for people', async () => {
    const { code, stdout } = await skein(['policy', 'table'])
    assert.equal(code, 0)
    const [titles = '', ...rows] = stdout.trimEnd().split('\n')
    assert.match(titles, /^PLACE +VERB +DRONE +ANCHOR +RELAY +DISPATCHER +OBSERVER +REGULATOR +BRIDGE$/)
    assert.equal(rows.length, tableRows().length)
    assert.match(
      rows.find(row => row.includes('set-constraint')) ?? '',
      /^state-machine +set-constraint( +-){5} +yes +-$/,
    )
  })

  it('is JSON for programs, whole or a line each', async () => {
    const [json, ndjson] = await Promise.all([
      skein(['policy', 'table', '-o', 'json']),
      skein(['policy', 'table', '-o', 'ndjson']),
    ])
    assert.deepEqual(JSON.parse(json.stdout), tableRows())
    assert.deepEqual(
      ndjson.stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line)),
      tableRows(),
    )
  })
})
