import assert from 'node:assert/strict'
import { parseExposition } from './exposition.ts'

const head = (type: string) => `# HELP a_b Words.\n# TYPE a_b ${type}\n`

describe('the exposition parser of these tests', () => {
  it('reads labels with escapes, and every kind of number', () => {
    const text = `${head('gauge')}a_b{x="1\\"\\n\\\\",y="ü"} NaN\na_b{x="2"} -1.5e-7\na_b +Inf\n`
    assert.deepEqual(parseExposition(text).get('a_b')?.samples, [
      { name: 'a_b', labels: { x: '1\\"\\n\\\\', y: 'ü' }, value: Number.NaN },
      { name: 'a_b', labels: { x: '2' }, value: -1.5e-7 },
      { name: 'a_b', labels: {}, value: Number.POSITIVE_INFINITY },
    ])
  })

  it('refuses what Prometheus would', () => {
    const histogram = head('histogram')
    const wrong = {
      'the last line has no end': `${head('gauge')}a_b 1`,
      'not a sample': `${head('gauge')}a_b Nan\n`,
      'bad labels': `${head('gauge')}a_b{x=1} 1\n`,
      'out of place': `${head('gauge')}c_d 1\n`,
      'same series twice': `${head('gauge')}a_b{x="1",y="2"} 1\na_b{y="2",x="1"} 1\n`,
      'no HELP': '# TYPE a_b gauge\na_b 1\n',
      'comes twice': `${head('gauge')}a_b 1\n${head('gauge')}`,
      'buckets fall': `${histogram}a_b_bucket{le="1"} 2\na_b_bucket{le="+Inf"} 1\na_b_sum 1\na_b_count 1\n`,
      'is not the count': `${histogram}a_b_bucket{le="+Inf"} 1\na_b_sum 1\na_b_count 2\n`,
      'no sum': `${histogram}a_b_bucket{le="+Inf"} 1\na_b_count 1\n`,
    }
    for (const [reason, text] of Object.entries(wrong))
      assert.throws(() => parseExposition(text), { message: new RegExp(reason.replace('+', '\\+')) })
  })
})
