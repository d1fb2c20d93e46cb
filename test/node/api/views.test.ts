import assert from 'node:assert/strict'
import { json, metricValue, problem, raw, serve } from './harness.ts'
import { OTHER, peer, SELF } from './memory-node.ts'

const REPORT = {
  latDeg: 47.3769,
  lngDeg: 8.5417,
  altitude: { value: 520.5, reference: 'W84', units: 'M' },
  velocityMps: { north: 3.25, east: -1.5, up: 0.5 },
}

describe('HTTP API: views and position', () => {
  it('shows the status, the peers and the neighbours of its node', async () => {
    await using served = await serve()
    const get = async (path: string) => JSON.parse((await raw(served.api, path)).text)
    assert.equal((await get('/api/v1/status')).agent, SELF)
    assert.deepEqual(await get('/api/v1/peers'), [peer(OTHER)])
    assert.equal((await get('/api/v1/neighbors'))[0].altitude.valueM, 500)
  })

  it('turns a posted position into the core’s integers', async () => {
    await using served = await serve()
    const report = {
      ...REPORT,
      heightM: 20.04,
      headingDeg: 360,
      accuracyM: { horizontal: 1.21, vertical: 2 },
      status: 'Airborne',
      batteryPct: 79.6,
    }
    const answer = await raw(served.api, '/api/v1/position', json(report))
    assert.equal(answer.status, 200)
    const expected = {
      latE7: 473_769_000,
      lonE7: 85_417_000,
      altMm: 520_500,
      heightDm: 200,
      vnCms: 325,
      veCms: -150,
      vdCms: -50,
      headingCdeg: 0,
      accHDm: 13,
      accVDm: 20,
      status: 'Airborne',
      batteryPct: 80,
    }
    assert.deepEqual(served.node.fixes, [expected])
    assert.deepEqual(JSON.parse(answer.text), expected)
  })

  it('takes what is not said as unknown', async () => {
    await using served = await serve()
    await raw(served.api, '/api/v1/position', json(REPORT))
    const [fix] = served.node.fixes
    assert.deepEqual(
      [fix?.heightDm, fix?.headingCdeg, fix?.accHDm, fix?.accVDm, fix?.batteryPct, fix?.status],
      [null, null, null, null, null, 'Undeclared'],
    )
  })

  it('takes an altitude above mean sea level only where the geoid is known', async () => {
    const amsl = { ...REPORT, altitude: { value: 473, reference: 'AMSL', units: 'M' } }
    await using plain = await serve()
    const refused = problem(await raw(plain.api, '/api/v1/position', json(amsl)))
    assert.equal(refused.status, 422)
    assert.equal(refused.code, 'altitude-reference')
    assert.match(refused.detail, /counted from AMSL; this node needs it above the WGS84 ellipsoid/)
    assert.match(refused.hint, /geoid offset/)
    await using offset = await serve({ geoidOffsetM: 47.5 })
    assert.equal((await raw(offset.api, '/api/v1/position', json(amsl))).status, 200)
    assert.equal(offset.node.fixes[0]?.altMm, 520_500)
  })

  it('refuses heights that are counted from the ground or from home', async () => {
    await using served = await serve({ geoidOffsetM: 47.5 })
    for (const reference of ['AGL', 'HOME']) {
      const report = { ...REPORT, altitude: { value: 20, reference, units: 'M' } }
      const refused = problem(await raw(served.api, '/api/v1/position', json(report)))
      assert.equal(refused.code, 'altitude-reference')
      assert.match(refused.hint, /heightM/)
    }
    assert.equal(served.node.fixes.length, 0)
  })

  it('passes on why the node refuses a fix, as at 0/0', async () => {
    await using served = await serve()
    const answer = await raw(served.api, '/api/v1/position', json({ ...REPORT, latDeg: 0, lngDeg: 0 }))
    assert.deepEqual(problem(answer), {
      type: 'urn:skein:problem:fix-null-island',
      title: 'Unprocessable Entity',
      status: 422,
      detail:
        'The fix was refused: the position is 0/0, which a receiver says that has no fix; send nothing until it has one.',
      code: 'fix-null-island',
      instance: '/api/v1/position',
      hint: 'Send only fixes the vehicle is sure of; without one, send nothing: neighbours then see its age grow.',
      errors: [
        {
          path: 'latE7',
          message:
            'the position is 0/0, which a receiver says that has no fix; send nothing until it has one',
        },
      ],
    })
    const high = { ...REPORT, altitude: { value: 50_000, reference: 'W84', units: 'M' } }
    const refused = problem(await raw(served.api, '/api/v1/position', json(high)))
    assert.deepEqual([refused.status, refused.code], [422, 'fix-out-of-range'])
    served.node.running = false
    const later = await raw(served.api, '/api/v1/position', json(REPORT))
    assert.deepEqual([later.status, problem(later).code], [503, 'fix-not-running'])
    for (const reason of ['null-island', 'out-of-range', 'not-running']) {
      const refusals = `skein_vehicle_fixes_refused_total{reason="${reason}"}`
      assert.equal(await metricValue(served.metrics, refusals), 1)
    }
  })

  it('takes no positions for a vehicle that says itself where it is', async () => {
    await using served = await serve()
    served.node.vehicleKind = 'simulated'
    const refused = problem(await raw(served.api, '/api/v1/position', json(REPORT)))
    assert.deepEqual([refused.status, refused.code], [409, 'other-vehicle'])
    assert.match(refused.detail, /'simulated'/)
    assert.match(refused.hint, /--vehicle http/)
    assert.equal(served.node.fixes.length, 0)
  })

  it('names every fault of a body, and its place', async () => {
    await using served = await serve()
    const wrong = {
      ...REPORT,
      latDeg: 91,
      lngDeg: '8.5',
      altitude: { value: 5, reference: 'W84', units: 'FT' },
      lat: 1,
    }
    const refused = problem(await raw(served.api, '/api/v1/position', json(wrong)))
    assert.equal(refused.status, 422)
    assert.equal(refused.code, 'invalid-body')
    assert.deepEqual(refused.errors?.map(({ path }) => path).sort(), [
      '',
      'altitude.units',
      'latDeg',
      'lngDeg',
    ])
    assert.match(refused.detail, /lngDeg: .*expected number, received string/)
    assert.match(refused.detail, /Unrecognized key: "lat"/)
  })

  it('says where JSON breaks', async () => {
    await using served = await serve()
    const post = (body: string) => raw(served.api, '/api/v1/position', { ...json(null), body }).then(problem)
    const broken = await post('{"latDeg": 47.3,\n "lngDeg" 8.5}')
    assert.equal(broken.status, 400)
    assert.equal(broken.code, 'bad-json')
    assert.match(broken.detail, /position 27 \(line 2 column 11\)/)
    assert.match((await post('{"latDeg": ')).detail, /after 11 characters|position 11/)
  })

  it('refuses bodies that are too large, whether they say so or not', async () => {
    await using served = await serve({ limits: { bodyBytesMax: 1_000 } })
    const body = JSON.stringify({ filler: 'x'.repeat(2_000) })
    const declared = { 'content-type': 'application/json', 'content-length': String(body.length) }
    const chunked = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }
    for (const headers of [declared, chunked]) {
      const refused = problem(await raw(served.api, '/api/v1/position', { method: 'POST', headers, body }))
      assert.equal(refused.status, 413)
      assert.equal(refused.detail, 'The body is larger than 1000 bytes.')
    }
  })

  it('wants JSON and says how to send it', async () => {
    await using served = await serve()
    const form = {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: '{}',
    }
    const refused = problem(await raw(served.api, '/api/v1/position', form))
    assert.equal(refused.status, 415)
    assert.match(refused.detail, /must be application\/json, not application\/x-www-form-urlencoded/)
    assert.match(refused.hint, /Content-Type: application\/json/)
  })

  it('tells nothing of an error inside but that there was one; the log has the rest', async () => {
    await using served = await serve()
    served.node.neighbors = () => {
      throw new Error('secret place /etc/skein')
    }
    const answer = await raw(served.api, '/api/v1/neighbors')
    assert.equal(problem(answer).code, 'internal')
    assert.equal(answer.status, 500)
    assert.doesNotMatch(answer.text, /secret|\.ts|at /)
    assert.deepEqual(served.logged, ['a request failed'])
    const errors = 'skein_http_requests_total{route="neighbors",code="5xx"}'
    assert.equal(await metricValue(served.metrics, errors), 1)
  })
})
