import assert from 'node:assert/strict'
import { apiUrl } from '../../../node/cli/options.ts'
import { bytes, type Column, duration, tableOf } from '../../../node/cli/output.ts'
import { skein } from './skein.ts'

describe('cli: output', () => {
  interface Row {
    readonly name: string | null
    readonly n: number | null
  }
  const columns: readonly Column<Row>[] = [
    { title: 'NAME', value: ({ name }) => name },
    { title: 'N', value: ({ n }) => n },
  ]

  it('is a table with columns as wide as they need, numbers on the right, nothing as a dash', () => {
    const rows = [
      { name: 'heron', n: 5 },
      { name: 'Möwe', n: 1200 },
      { name: null, n: null },
    ]
    assert.equal(tableOf(rows, columns), 'NAME      N\nheron     5\nMöwe   1200\n-         -')
  })

  it('shows titles also when there is nothing else', () => {
    assert.equal(tableOf([], columns), 'NAME  N')
  })

  it('does not let a name from elsewhere steer the terminal', () => {
    const text = tableOf([{ name: '\u001b[2Jgone\nNAME', n: 1 }], columns)
    assert.equal(text.split('\n').length, 2)
    assert.ok(!text.includes('\u001b'))
  })

  it('gives ages and sizes in the unit that says enough', () => {
    assert.deepEqual([0, 999, 1000, 59_999, 60_000, 7_200_000, 90_000_000].map(duration), [
      '0 ms',
      '999 ms',
      '1 s',
      '59 s',
      '1 min',
      '2 h',
      '1 d',
    ])
    assert.deepEqual([0, 1023, 1536, 20 << 20].map(bytes), ['0 B', '1023 B', '1.5 KiB', '20 MiB'])
  })

  it('has colours where they are wanted only, and never in JSON', async () => {
    const explain = ['config', 'explain', 'log.level']
    const [plain, coloured, json] = await Promise.all([
      skein(explain),
      skein(explain, { env: { FORCE_COLOR: '1' } }),
      skein([...explain, '-o', 'json'], { env: { FORCE_COLOR: '1' } }),
    ])
    assert.ok(!plain.stdout.includes('\u001b['))
    assert.ok(coloured.stdout.includes('\u001b['))
    assert.equal(JSON.parse(json.stdout)[0].path, 'log.level')
  })

  it('takes an API as URL, host and port, or port', () => {
    assert.equal(apiUrl('4781'), 'http://127.0.0.1:4781')
    assert.equal(apiUrl('drone-7:4780'), 'http://drone-7:4780')
    assert.equal(apiUrl('https://drone-7/'), 'https://drone-7')
    assert.equal(apiUrl('unix:/run/skein.sock'), 'unix:/run/skein.sock')
    assert.equal(apiUrl('unix:skein.sock'), `unix:${process.cwd()}/skein.sock`)
    assert.throws(() => apiUrl('unix:'), { code: 'USAGE' })
    assert.throws(() => apiUrl('ftp://drone-7'), { code: 'USAGE' })
    assert.throws(() => apiUrl('http://'), { code: 'USAGE' })
  })
})
