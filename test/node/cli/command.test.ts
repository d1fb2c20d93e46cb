import assert from 'node:assert/strict'
import { CommandRefusedError, CommandUnknownError } from '../../../node/commands/command-error.ts'
import type { CommandAnswer, CommandRequest } from '../../../node/interface.ts'
import { type Served, serve } from '../api/harness.ts'
import { type Ended, skein } from './skein.ts'

describe('cli: command', () => {
  let served: Served
  let asked: CommandRequest[] = []
  let answer: (request: CommandRequest) => Promise<CommandAnswer>
  before(async () => {
    served = await serve({ open: 'admin' })
    served.node.command = request => {
      asked.push(request)
      return answer(request)
    }
  })
  after(() => served[Symbol.asyncDispose]())
  beforeEach(() => {
    asked = []
  })

  const run = (line: string): Promise<Ended> =>
    skein(['command', ...line.split(' ')], { env: { SKEIN_API: String(served.api.port) } })
  const decide =
    (decision: CommandAnswer['decision']) =>
    async ({ nonce = '' }: CommandRequest): Promise<CommandAnswer> => ({
      target: 'x',
      nonce,
      decision,
      rule: 'permit.goto',
      reason: 'because',
      at: '2026-11-20T08:00:00.000Z',
    })

  it('says what the vehicle decided, and ends accordingly', async () => {
    for (const [decision, code] of [
      ['allow', 0],
      ['refuse', 1],
      ['wait', 75],
    ] as const) {
      answer = decide(decision)
      const ended = await run('hold drone-7')
      assert.equal(ended.code, code, ended.stderr)
      assert.match(ended.stdout, new RegExp(`^decision +${decision}\nrule +permit\\.goto\nreason +because\n`))
    }
    assert.deepEqual([asked[0]?.target, asked[0]?.verb, asked[0]?.ttlMs], ['drone-7', 'hold', 10_000])
    assert.match(asked[0]?.nonce ?? '', /^[0-9a-f]{32}$/)
    assert.notEqual(asked[0]?.nonce, asked[1]?.nonce)
  })

  it('sends to a place, for as long as it is told, and asks again by a nonce', async () => {
    answer = decide('allow')
    const nonce = 'ef'.repeat(16)
    const ended = await run(`goto drone-7 --to 47.3779,-8.5403,520 --ttl 2.5 --nonce ${nonce} -o json`)
    assert.equal(JSON.parse(ended.stdout).nonce, nonce)
    const point = { latE7: 473_779_000, lonE7: -85_403_000, altMm: 520_000 }
    assert.deepEqual(asked, [{ target: 'drone-7', verb: 'goto', point, ttlMs: 2_500, nonce }])
  })

  it('ends with 77 where the role does not let it, and with 75 where nobody knows', async () => {
    answer = () => Promise.reject(new CommandRefusedError('role', 'an observer may not say hold'))
    const refused = await run('hold drone-7')
    assert.equal(refused.code, 77)
    assert.match(refused.stderr, /an observer may not say hold.*skein policy table/)
    answer = () => Promise.reject(new CommandUnknownError('ab'.repeat(16), 5_000))
    const unknown = await run('hold drone-7')
    assert.equal(unknown.code, 75)
    assert.match(unknown.stderr, /whether it is carried out is not known/)
  })

  it('takes nothing that makes no sense', async () => {
    for (const line of [
      'dance drone-7',
      'goto drone-7 --to 47,8',
      'goto drone-7 --to a,b,c',
      'hold drone-7 --ttl 31',
      'hold',
    ])
      assert.equal((await run(line)).code, 2, line)
    assert.deepEqual(asked, [])
  })
})
