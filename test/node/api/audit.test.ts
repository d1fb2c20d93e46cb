import assert from 'node:assert/strict'
import { Audit, type AuditedCall } from '../../../node/api/audit.ts'
import type { EventDraft } from '../../../src/eventlog/event.ts'
import { json, problem, raw, serve } from './harness.ts'

const POST: AuditedCall = {
  method: 'POST',
  route: '/api/v1/position',
  token: 'pilot',
  scope: 'operate',
  remote: '192.0.2.1',
  status: 200,
  refused: false,
}
const REFUSED: AuditedCall = { ...POST, token: null, scope: null, status: 401, refused: true }

function recorder(note: (draft: EventDraft) => Promise<unknown> = async () => {}) {
  const drafts: EventDraft[] = []
  const errors: unknown[] = []
  const audit = new Audit(
    draft => {
      drafts.push(draft)
      return note(draft)
    },
    { error: (facts: unknown) => void errors.push(facts) },
  )
  const total = () => drafts.reduce((sum, { data }) => sum + Number(data.calls), 0)
  return { audit, drafts, errors, total }
}

describe('HTTP API: the record of calls', () => {
  it('has every call, the first few each, a stream of them in sums', async () => {
    const { audit, drafts, total } = recorder()
    // Ten a second for five minutes.
    for (let ms = 0; ms < 300_000; ms += 100) {
      audit.record(POST, ms)
      if (ms % 1_000 === 0) audit.sweep(ms)
    }
    assert.ok(drafts.length <= 10, `${drafts.length} events`)
    assert.deepEqual(drafts[0], {
      type: 'api.called',
      subject: '',
      data: {
        method: 'POST',
        route: '/api/v1/position',
        token: 'pilot',
        scope: 'operate',
        remote: '192.0.2.1',
        status: 200,
        calls: 1,
        withinMs: 0,
      },
    })
    assert.deepEqual([drafts[5]?.data.calls, drafts[5]?.data.withinMs], [596, 60_000])
    await audit.close()
    assert.equal(total(), 3_000)
  })

  it('begins anew with a caller that paused', () => {
    const { audit, drafts } = recorder()
    for (let i = 0; i < 8; i++) audit.record(POST, 0)
    audit.sweep(60_000)
    audit.sweep(120_000)
    audit.record(POST, 120_001)
    assert.deepEqual(
      drafts.map(({ data }) => data.calls),
      [1, 1, 1, 1, 1, 3, 1],
    )
  })

  it('keeps strangers from writing the log full, and from crowding out what was done', async () => {
    const { audit, drafts, total } = recorder()
    for (let i = 0; i < 10_000; i++) audit.record({ ...REFUSED, remote: `10.0.${i >> 8}.${i & 255}` }, 0)
    for (let i = 0; i < 1_000; i++)
      audit.record({ ...REFUSED, method: `M${i}`, route: `r${i}`, status: i }, 0)
    assert.equal(drafts.length, 17, 'sixteen kinds, and all the others as one')
    audit.record(POST, 0)
    assert.equal(drafts.at(-1)?.data.token, 'pilot')
    audit.sweep(60_000)
    assert.equal(drafts.length, 19)
    assert.equal(drafts.at(-1)?.data.remote, 'other')
    await audit.close()
    assert.equal(total(), 11_001)
  })

  it('says in the program’s log what could not be written, and goes on', async () => {
    const { audit, errors } = recorder(() => Promise.reject(new Error('disk full')))
    audit.record(POST, 0)
    await audit.close()
    assert.equal(errors.length, 1)
    assert.match(JSON.stringify(errors), /api\/v1\/position/)
  })

  it('is in the log of the node: changes and refusals, and no reading', async () => {
    await using served = await serve({ token: 'c0ffee'.repeat(6), open: 'read' })
    const headers = { authorization: `Bearer ${'c0ffee'.repeat(6)}` }
    await raw(served.api, '/api/v1/status?x=secret')
    await raw(served.api, '/api/v1/position', json({ latDeg: 'secret' }, headers))
    await raw(served.api, '/api/v1/position', json({}))
    await raw(served.api, '/secret/path', { headers: { authorization: 'Bearer secret' } })
    await raw(served.api, '/api/v1/status', { headers: { host: 'secret.example' } })
    await raw(served.api, '/nowhere', { method: 'DELETE' })
    assert.deepEqual(
      served.node.events.map(({ event: { type, data } }) => [
        type,
        data.method,
        data.route,
        data.token,
        data.scope,
        data.status,
        data.remote,
      ]),
      [
        ['api.called', 'POST', '/api/v1/position', 'api.tokenFile', 'admin', 422, '127.0.0.1'],
        ['api.called', 'POST', '/api/v1/position', null, 'read', 401, '127.0.0.1'],
        ['api.called', 'GET', 'other', null, null, 401, '127.0.0.1'],
        ['api.called', 'GET', 'other', null, null, 421, '127.0.0.1'],
      ],
    )
    assert.doesNotMatch(JSON.stringify(served.node.events), /secret|c0ffee/)
  })

  it('is whole when the node has stopped', async () => {
    const served = await serve()
    for (let i = 0; i < 30; i++) {
      const answer = await raw(served.api, '/api/v1/position', json({}))
      assert.equal(problem(answer).status, 422)
    }
    assert.equal(served.node.events.length, 5)
    await served[Symbol.asyncDispose]()
    assert.equal(served.node.events.length, 6)
    assert.equal(served.node.events.at(-1)?.event.data.calls, 25)
  })
})
