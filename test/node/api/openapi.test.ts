import assert from 'node:assert/strict'
import { z } from 'zod'
import { routes } from '../../../node/api/routes.ts'
import { json, raw, type Served, serve } from './harness.ts'

interface Operation {
  readonly operationId: string
  readonly description: string
  readonly security: readonly object[]
  readonly parameters?: { readonly name: string; readonly in: string; readonly schema: object }[]
  readonly requestBody?: { readonly content: Record<string, { readonly schema: object }> }
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema?: object }> }>
}
interface Document {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: {
    readonly schemas: Record<string, object>
    readonly securitySchemes: Record<string, { readonly description: string }>
  }
}

const documentOf = async (served: Served): Promise<Document> =>
  JSON.parse((await raw(served.api, '/api/openapi.json')).text)

function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : refsIn(inner),
  )
}

/** What the document says an answer is, as a validator of its own: made from the JSON Schema, not from our code. */
function validatorOf(document: Document, schema: object): z.ZodType {
  const text = JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/')
  const defs = JSON.stringify(document.components.schemas).replaceAll('#/components/schemas/', '#/$defs/')
  return z.fromJSONSchema({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...JSON.parse(text),
    $defs: JSON.parse(defs),
  })
}

function answerSchema(
  document: Document,
  path: string,
  method: string,
  status: number,
  type: string,
): object {
  const { responses } = document.paths[path]?.[method] ?? assert.fail(`${method} ${path} is not described`)
  const response = responses[status] ?? responses.default
  return response?.content?.[type]?.schema ?? assert.fail(`${method} ${path} ${status} ${type} has no schema`)
}

describe('HTTP API: OpenAPI', () => {
  it('describes every route of the table, and nothing else', async () => {
    await using served = await serve()
    const document = await documentOf(served)
    assert.match(document.openapi, /^3\.1\./)
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map(method => `${method.toUpperCase()} ${path}`),
    )
    assert.deepEqual(described.sort(), routes.map(({ method, path }) => `${method} ${path}`).sort())
    const ids = Object.values(document.paths).flatMap(operations =>
      Object.values(operations).map(({ operationId }) => operationId),
    )
    assert.equal(new Set(ids).size, ids.length)
  })

  it('says of every route which scope it needs, and how that is shown', async () => {
    await using served = await serve()
    const { paths, components } = await documentOf(served)
    const needs = Object.fromEntries(routes.map(({ method, path, scope }) => [`${method} ${path}`, scope]))
    assert.deepEqual(needs, {
      'GET /api/v1/status': 'read',
      'GET /api/v1/peers': 'read',
      'GET /api/v1/neighbors': 'read',
      'POST /api/v1/position': 'operate',
      'POST /api/v1/commands': 'operate',
      'POST /api/v1/trust/revocations': 'operate',
      'GET /api/v1/log': 'read',
      'GET /api/v1/log/signed': 'read',
      'GET /api/v1/events': 'read',
      'GET /api/v1/map/stream': 'read',
      'GET /api/v1/trust': 'read',
      'GET /livez': 'anyone',
      'GET /readyz': 'anyone',
      'GET /metrics': 'read',
      'GET /api/openapi.json': 'read',
    })
    for (const { method, path, scope } of routes) {
      const { security, description, responses } = paths[path]?.[method.toLowerCase()] ?? assert.fail(path)
      assert.deepEqual(security, scope === 'anyone' ? [] : [{ token: [scope] }, {}], path)
      assert.match(
        description,
        scope === 'anyone' ? /Needs no token\.$/ : new RegExp(`Needs scope ${scope}\\.$`),
      )
      assert.equal('401' in responses && '403' in responses && '429' in responses, scope !== 'anyone', path)
    }
    assert.match(components.securitySchemes.token?.description ?? '', /read < operate < admin/)
  })

  it('refers only to schemas that are there', async () => {
    await using served = await serve()
    const document = await documentOf(served)
    const known = new Set(Object.keys(document.components.schemas).map(id => `#/components/schemas/${id}`))
    const refs = refsIn(document)
    assert.ok(refs.length > 10)
    assert.deepEqual(
      refs.filter(ref => !known.has(ref)),
      [],
    )
  })

  it('describes every parameter with its bounds', async () => {
    await using served = await serve()
    const { paths } = await documentOf(served)
    const hz = paths['/api/v1/map/stream']?.get?.parameters?.find(({ name }) => name === 'hz')
    assert.deepEqual(hz?.schema, {
      description: 'Frames a second',
      type: 'number',
      minimum: 1,
      maximum: 10,
      default: 5,
    })
    for (const { path, query } of routes.filter(route => route.query !== undefined)) {
      const names = paths[path]?.get?.parameters?.map(({ name }) => name)
      assert.deepEqual(names, Object.keys(query?.shape ?? {}), path)
    }
  })

  it('says of every JSON answer what it is', async () => {
    await using served = await serve()
    const document = await documentOf(served)
    const report = {
      latDeg: 47,
      lngDeg: 8,
      altitude: { value: 500, reference: 'W84', units: 'M' },
      velocityMps: { north: 0, east: 0, up: 0 },
    }
    served.node.append('node.started', { bytes: new Uint8Array([1, 2]), list: [1, null, { a: 'b' }] })
    const asked = [
      ['/api/v1/position', json(report), 200],
      ['/api/v1/position', json({ ...report, latDeg: 0, lngDeg: 0 }), 422],
      ['/api/v1/position', json({ latDeg: 'x' }), 422],
      ['/api/v1/status', {}, 200],
      ['/api/v1/peers', {}, 200],
      ['/api/v1/neighbors', {}, 200],
      ['/api/v1/map/stream?hz=0', {}, 400],
    ] as const
    for (const [path, options, status] of asked) {
      const answer = await raw(served.api, path, options)
      assert.equal(answer.status, status, path)
      const method = 'method' in options ? 'post' : 'get'
      const type = status === 200 ? 'application/json' : 'application/problem+json'
      const [plain = path] = path.split('?')
      const validator = validatorOf(document, answerSchema(document, plain, method, status, type))
      assert.deepEqual(validator.parse(JSON.parse(answer.text)), JSON.parse(answer.text), path)
    }
    const line = validatorOf(
      document,
      answerSchema(document, '/api/v1/log', 'get', 200, 'application/x-ndjson'),
    )
    const logged = (await raw(served.api, '/api/v1/log')).text.trimEnd().split('\n')
    assert.equal(logged.length, 4, 'one event of the test, three calls on record')
    for (const text of logged) line.parse(JSON.parse(text))
    const signed = validatorOf(
      document,
      answerSchema(document, '/api/v1/log/signed', 'get', 200, 'application/x-ndjson'),
    )
    const lines = (await raw(served.api, '/api/v1/log/signed')).text.trimEnd().split('\n')
    assert.equal(lines.length, 5)
    for (const text of lines) signed.parse(JSON.parse(text))
    assert.equal(signed.safeParse({ kind: 'batch', first: 1, last: 1, body: 'no base64!' }).success, false)
  })

  it('would notice an answer that is something else', async () => {
    await using served = await serve()
    const document = await documentOf(served)
    const peers = validatorOf(
      document,
      answerSchema(document, '/api/v1/peers', 'get', 200, 'application/json'),
    )
    assert.equal(peers.safeParse([{ agent: 'x' }]).success, false)
    assert.equal(peers.safeParse({}).success, false)
  })
})
