import assert from 'node:assert/strict'
import { CommandRefusedError, CommandUnknownError } from '../../../node/commands/command-error.ts'
import type { CommandRequest } from '../../../node/interface.ts'
import { problem, raw, type Served, serve } from './harness.ts'
import { OTHER } from './memory-node.ts'

const post = (served: Served, body: object) =>
  raw(served.api, '/api/v1/commands', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })

describe('HTTP API: commands', () => {
  it('hands the node what to say, in its own units, and gives back what the vehicle decided', async () => {
    await using served = await serve()
    const asked: CommandRequest[] = []
    const { command } = served.node
    served.node.command = request => {
      asked.push(request)
      return command.call(served.node, request)
    }
    const altitude = { value: 520.5, reference: 'W84', units: 'M' }
    const point = { latDeg: 47.3779, lngDeg: -8.5403, altitude }
    const answer = await post(served, { target: OTHER, verb: 'goto', point, ttlMs: 5_000 })
    assert.equal(answer.status, 200)
    assert.equal(JSON.parse(answer.text).decision, 'allow')
    const at = { latE7: 473_779_000, lonE7: -85_403_000, altMm: 520_500 }
    assert.deepEqual(asked, [{ target: OTHER, verb: 'goto', point: at, ttlMs: 5_000 }])
    await post(served, { target: OTHER, verb: 'land' })
    assert.equal(asked[1]?.ttlMs, 10_000)
  })

  it('takes nothing that is no command', async () => {
    await using served = await serve()
    const altitude = { value: 520, reference: 'W84', units: 'M' }
    const point = { latDeg: 47, lngDeg: 8, altitude }
    for (const body of [
      {},
      { target: OTHER },
      { target: OTHER, verb: 'dance' },
      { target: OTHER, verb: 'goto' },
      { target: OTHER, verb: 'land', point },
      { target: OTHER, verb: 'goto', point: { ...point, latDeg: 91 } },
      { target: OTHER, verb: 'goto', point: { ...point, altitude: { ...altitude, reference: 'AGL' } } },
      { target: OTHER, verb: 'land', ttlMs: 30_001 },
      { target: OTHER, verb: 'land', ttlMs: 0 },
      { target: OTHER, verb: 'land', nonce: 'abc' },
      { target: OTHER, verb: 'land', more: 1 },
      { target: '', verb: 'land' },
    ])
      assert.equal((await post(served, body)).status, 422, JSON.stringify(body))
  })

  it('wants scope operate, and for a kill admin', async () => {
    await using reader = await serve({ open: 'read' })
    assert.equal((await post(reader, { target: OTHER, verb: 'hold' })).status, 401)
    await using operator = await serve({ open: 'operate' })
    assert.equal((await post(operator, { target: OTHER, verb: 'hold' })).status, 200)
    const refused = problem(await post(operator, { target: OTHER, verb: 'kill' }))
    assert.match(refused.detail, /this needs admin/)
    await using admin = await serve({ open: 'admin' })
    assert.equal((await post(admin, { target: OTHER, verb: 'kill' })).status, 200)
  })

  const REFUSALS = [
    ['open-swarm', 409],
    ['unknown-target', 404],
    ['ambiguous-target', 409],
    ['role', 403],
    ['alone', 503],
    ['rate', 503],
    ['nonce', 409],
    ['log', 503],
  ] as const
  for (const [code, status] of REFUSALS) {
    it(`says that it was certainly not sent: ${code} (${status})`, async () => {
      await using served = await serve()
      served.node.command = () => Promise.reject(new CommandRefusedError(code, 'so it is'))
      const answer = await post(served, { target: OTHER, verb: 'hold' })
      assert.equal(answer.status, status)
      const { definite, ...facts } = problem(answer)
      assert.deepEqual([facts.code, definite], [`command-${code}`, true])
      assert.match(facts.detail, /so it is/)
    })
  }

  it('says when nobody knows, and with which nonce to ask again', async () => {
    await using served = await serve()
    const nonce = 'cd'.repeat(16)
    served.node.command = () => Promise.reject(new CommandUnknownError(nonce, 5_000))
    const answer = await post(served, { target: OTHER, verb: 'hold' })
    assert.equal(answer.status, 504)
    const { code, definite, nonce: told } = problem(answer)
    assert.deepEqual([code, definite, told], ['command-unknown', false, nonce])
  })
})
