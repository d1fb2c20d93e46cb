import assert from 'node:assert/strict'
import { TrustRefusedError } from '../../../node/trust/trust-desk.ts'
import { problem, raw, serve } from './harness.ts'

const LIST = Uint8Array.of(1, 2, 3)
const cbor = (body: Uint8Array) => ({
  method: 'POST',
  body,
  headers: { 'content-type': 'application/cbor' },
})

describe('HTTP API: trust', () => {
  it('says of an open swarm that there is nothing to know', async () => {
    await using served = await serve()
    const { status, code, hint } = problem(await raw(served.api, '/api/v1/trust'))
    assert.deepEqual([status, code], [404, 'open-swarm'])
    assert.match(hint, /skein ca init/)
  })

  it('hands the node a revocation list, byte for byte, and says whether it was news', async () => {
    await using served = await serve()
    const given: Uint8Array[] = []
    served.node.revoke = async list => {
      given.push(list)
      return { taken: true, epoch: 7 }
    }
    const answer = await raw(served.api, '/api/v1/trust/revocations', cbor(LIST))
    assert.deepEqual(JSON.parse(answer.text), { taken: true, epoch: 7 })
    assert.deepEqual([...(given[0] ?? [])], [...LIST])
  })

  it('refuses a list that is none, and says what is wrong with it', async () => {
    await using served = await serve()
    served.node.revoke = async () => {
      throw new TrustRefusedError('malformed', 'a revocation list whose signature does not match')
    }
    const { status, detail } = problem(await raw(served.api, '/api/v1/trust/revocations', cbor(LIST)))
    assert.equal(status, 422)
    assert.match(detail, /signature does not match/)
  })

  it('takes no other content type', async () => {
    await using served = await serve()
    const { status } = problem(
      await raw(served.api, '/api/v1/trust/revocations', { method: 'POST', body: '{}' }),
    )
    assert.equal(status, 415)
  })
})
