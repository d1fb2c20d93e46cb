import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import {
  decodeMapFrames,
  encodeMapFrame,
  MAP_BELIEFS,
  MAP_CELL_ROLES,
  MAP_KINDS,
  type MapFrame,
  type MapFrameResult,
} from '../../../protocols/map/frame.ts'
import { BODY_BYTES_MAX } from '../../../protocols/map/layout.ts'
import { POSITION_STATUSES } from '../../../src/position/position.ts'

const FIXTURE = new URL('./fixtures/frame-v1.hex', import.meta.url)

/** Every kind of field at least once: a drone of its own belief, a point, a volume; nulls; two cells, two links. */
const EXAMPLE: MapFrame = {
  atMs: 1_795_000_000_123,
  self: { agent: '12D3KooWSelf', name: 'drone-1', role: 'drone' },
  origin: { latE7: 473_769_000, lonE7: 85_417_000, altMm: 455_000 },
  cells: [
    { cell: '881f8d4b07fffff', role: 'own', corners: hexagon(473_769_000, 85_417_000) },
    { cell: '881f8d4b01fffff', role: 'ahead', corners: hexagon(473_849_000, 85_417_000) },
  ],
  objects: [
    {
      agent: '12D3KooWSelf',
      name: 'drone-1',
      kind: 'drone',
      belief: 'self',
      latE7: 473_769_123,
      lonE7: 85_417_456,
      altMm: 555_250,
      heightDm: 1002,
      vnCms: 1200,
      veCms: -350,
      vdCms: 15,
      headingCdeg: 34_375,
      batteryPct: 87,
      status: 'Airborne',
      ageMs: 40,
      uncertaintyHDm: 12,
      uncertaintyVDm: 20,
      cell: '881f8d4b07fffff',
      boot: 3,
      seq: 4_294_000_000,
    },
    {
      agent: '12D3KooWPeer',
      name: '',
      kind: 'unknown',
      belief: 'volume',
      latE7: -1,
      lonE7: -1_799_999_999,
      altMm: -12_000,
      heightDm: null,
      vnCms: -32_767,
      veCms: 32_767,
      vdCms: 0,
      headingCdeg: null,
      batteryPct: null,
      status: 'RemoteIDSystemFailure',
      ageMs: 61_000,
      uncertaintyHDm: 65_535,
      uncertaintyVDm: 900,
      cell: '',
      boot: 1,
      seq: 0,
    },
  ],
  links: [
    { a: 0, b: 1, path: 'relayed', mesh: false, rttMs: null },
    { a: 1, b: 0, path: 'direct', mesh: true, rttMs: 3.7 },
  ],
  health: {
    worldModelAgeMs: 180,
    peersConnected: 1,
    peersKnown: 2,
    logSeq: 9_007_199_254_740_991,
    logWhole: true,
    clockTrusted: false,
    clockOffsetMs: -4,
    clockBoundMs: 500,
  },
}

function hexagon(latE7: number, lonE7: number) {
  return [0, 60, 120, 180, 240, 300].map(deg => ({
    latE7: latE7 + Math.round(45_000 * Math.cos((deg * Math.PI) / 180)),
    lonE7: lonE7 + Math.round(66_000 * Math.sin((deg * Math.PI) / 180)),
  }))
}

function decodeAll(bytes: Uint8Array, chunkBytes = bytes.length || 1): MapFrameResult[] {
  const decoder = decodeMapFrames()
  const results: MapFrameResult[] = []
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    results.push(...decoder.push(bytes.subarray(at, at + chunkBytes)))
  }
  return results
}

const concat = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
const frame = (f: MapFrame): MapFrameResult => ({ t: 'frame', frame: f })
const faultsOf = (results: readonly MapFrameResult[]) => results.map(r => (r.t === 'fault' ? r.code : r.t))

describe('map frame', () => {
  it('keeps the bytes of version 1', () => {
    const golden = readFileSync(FIXTURE, 'utf8').replaceAll(/\s/g, '')
    assert.equal(Buffer.from(encodeMapFrame(EXAMPLE)).toString('hex'), golden)
    assert.deepEqual(decodeAll(new Uint8Array(Buffer.from(golden, 'hex'))), [frame(EXAMPLE)])
  })

  it('comes back as it went in, whatever is in it', () => {
    fc.assert(
      fc.property(frames().map(structuredClone<MapFrame>), f => {
        assert.deepEqual(decodeAll(encodeMapFrame(f)), [frame(f)])
      }),
      { numRuns: 200 },
    )
  })

  it('is found in a stream cut anywhere', () => {
    const other = { ...EXAMPLE, atMs: EXAMPLE.atMs + 200, objects: [], links: [] }
    const stream = concat(encodeMapFrame(EXAMPLE), encodeMapFrame(other), encodeMapFrame(EXAMPLE))
    for (const chunkBytes of [1, 3, 7, 64, 500, stream.length]) {
      assert.deepEqual(decodeAll(stream, chunkBytes), [frame(EXAMPLE), frame(other), frame(EXAMPLE)])
    }
  })

  it('costs 48 bytes an object and each string once', () => {
    const [, peer] = EXAMPLE.objects
    assert.ok(peer !== undefined)
    const many = { ...EXAMPLE, objects: Array.from({ length: 1000 }, () => peer), links: [] }
    const none = { ...EXAMPLE, objects: [peer], links: [] }
    assert.equal(encodeMapFrame(many).length - encodeMapFrame(none).length, 999 * 48)
  })

  it('clamps what does not fit and cuts what is too much, and stays readable', () => {
    const [self] = EXAMPLE.objects
    assert.ok(self !== undefined)
    const wild = {
      ...self,
      name: 'ü'.repeat(60),
      vnCms: 99_999,
      ageMs: 1e12,
      uncertaintyHDm: 1e9,
      headingCdeg: 40_000,
      batteryPct: 120,
    }
    const objects = Array.from({ length: 5000 }, () => wild)
    const links = [{ a: 0, b: 4999, path: 'direct', mesh: true, rttMs: 1e9 } as const]
    const [result] = decodeAll(encodeMapFrame({ ...EXAMPLE, objects, links }))
    assert.ok(result?.t === 'frame')
    assert.equal(result.frame.objects.length, 4096)
    assert.deepEqual(result.frame.links, [], 'a link to a dropped object goes with it')
    const { name, vnCms, ageMs, uncertaintyHDm, headingCdeg, batteryPct } = result.frame.objects[0] ?? wild
    assert.deepEqual(
      { name, vnCms, ageMs, uncertaintyHDm, headingCdeg, batteryPct },
      {
        name: 'ü'.repeat(40),
        vnCms: 32_767,
        ageMs: 0xfffffffe,
        uncertaintyHDm: 65_535,
        headingCdeg: 35_999,
        batteryPct: 100,
      },
    )
  })
})

describe('map frame decoder, on bytes from a stranger', () => {
  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), chunks => {
        const decoder = decodeMapFrames()
        for (const chunk of chunks) decoder.push(chunk)
      }),
    )
  })

  it('never throws on a real frame with any one byte changed', () => {
    const good = encodeMapFrame(EXAMPLE)
    for (let at = 4; at < good.length; at++) {
      for (const flip of [1, 0x80, 0xff]) {
        const bad = Uint8Array.from(good)
        bad[at] = (bad[at] ?? 0) ^ flip
        assert.equal(decodeAll(bad).length, 1)
      }
    }
  })

  it('refuses every truncated body and goes on with the next frame', () => {
    const good = encodeMapFrame(EXAMPLE)
    for (let body = 62; body < good.length - 4; body++) {
      const cut = good.slice(0, 4 + body)
      new DataView(cut.buffer).setUint32(0, body, true)
      assert.deepEqual(faultsOf(decodeAll(concat(cut, good))), ['malformed', 'frame'], `${body} bytes`)
    }
  })

  it('says the version it met, and what to do', () => {
    const newer = encodeMapFrame(EXAMPLE)
    newer[6] = 9
    const [result] = decodeAll(newer)
    assert.deepEqual(result, {
      t: 'fault',
      code: 'version',
      message:
        'Map frame of version 9; this reader knows 1. Reload the page, or open a node of that version.',
    })
  })

  it('reads a frame to which a newer node added something at the end', () => {
    const longer = concat(encodeMapFrame(EXAMPLE), new Uint8Array([1, 2, 3]))
    new DataView(longer.buffer).setUint32(0, longer.length - 4, true)
    assert.deepEqual(decodeAll(longer), [frame(EXAMPLE)])
  })

  it('ends the stream at a length that cannot be, and takes no memory for it', () => {
    for (const length of [0, 61, BODY_BYTES_MAX + 1, 0xffffffff]) {
      const prefix = new Uint8Array(4)
      new DataView(prefix.buffer).setUint32(0, length, true)
      const decoder = decodeMapFrames()
      assert.deepEqual(faultsOf(decoder.push(prefix)), ['length'])
      assert.deepEqual(decoder.push(encodeMapFrame(EXAMPLE)), [])
    }
  })

  it('refuses values no node can mean', () => {
    const objectAt = encodeMapFrame({ ...EXAMPLE, links: [] }).length - 48
    const cases: readonly (readonly [string, (view: DataView) => void])[] = [
      ['latitude 91', view => view.setInt32(objectAt + 8, 910_000_000, true)],
      ['heading 400', view => view.setUint16(objectAt + 28, 40_000, true)],
      ['battery 120', view => view.setUint8(objectAt + 30, 120)],
      ['belief 3', view => view.setUint8(objectAt + 6, 0x31)],
      ['status 9', view => view.setUint8(objectAt + 7, 9)],
      ['string 999', view => view.setUint16(objectAt, 999, true)],
      ['atMs NaN', view => view.setFloat64(4 + 4, Number.NaN, true)],
    ]
    for (const [what, spoil] of cases) {
      const bytes = encodeMapFrame({ ...EXAMPLE, links: [] })
      spoil(new DataView(bytes.buffer))
      assert.deepEqual(faultsOf(decodeAll(bytes)), ['malformed'], what)
    }
  })
})

function frames(): fc.Arbitrary<MapFrame> {
  const text = fc.string({ maxLength: 20, unit: 'grapheme-ascii' })
  const i16 = fc.integer({ min: -32_767, max: 32_767 })
  const u16 = fc.integer({ min: 0, max: 0xffff })
  const u32 = fc.integer({ min: 0, max: 0xfffffffe })
  const point = {
    latE7: fc.integer({ min: -90e7, max: 90e7 }),
    lonE7: fc.integer({ min: -180e7, max: 180e7 }),
  }
  const altMm = fc.integer({ min: -500_000, max: 20_000_000 })
  const object = fc.record({
    agent: text,
    name: text,
    kind: fc.constantFrom(...MAP_KINDS),
    belief: fc.constantFrom(...MAP_BELIEFS),
    ...point,
    altMm,
    heightDm: fc.option(i16),
    vnCms: i16,
    veCms: i16,
    vdCms: i16,
    headingCdeg: fc.option(fc.integer({ min: 0, max: 35_999 })),
    batteryPct: fc.option(fc.integer({ min: 0, max: 100 })),
    status: fc.constantFrom(...POSITION_STATUSES),
    ageMs: u32,
    uncertaintyHDm: u16,
    uncertaintyVDm: u16,
    cell: text,
    boot: u32,
    seq: u32,
  })
  const link = (objects: number) =>
    fc.record({
      a: fc.nat(objects - 1),
      b: fc.nat(objects - 1),
      path: fc.constantFrom('direct' as const, 'relayed' as const),
      mesh: fc.boolean(),
      rttMs: fc.option(fc.integer({ min: 0, max: 65_534 }).map(tenths => tenths / 10)),
    })
  return fc
    .record({
      atMs: fc.integer({ min: 0, max: 4e12 }),
      self: fc.record({ agent: text, name: text, role: fc.constantFrom(...MAP_KINDS) }),
      origin: fc.record({ ...point, altMm }),
      cells: fc.array(
        fc.record({
          cell: text,
          role: fc.constantFrom(...MAP_CELL_ROLES),
          corners: fc.array(fc.record(point), { maxLength: 10 }),
        }),
        { maxLength: 5 },
      ),
      objects: fc.array(object, { maxLength: 12 }),
      health: fc.record({
        worldModelAgeMs: fc.option(u32),
        peersConnected: u16,
        peersKnown: u16,
        logSeq: fc.maxSafeNat(),
        logWhole: fc.boolean(),
        clockTrusted: fc.boolean(),
        clockOffsetMs: fc.option(fc.integer({ min: -1e9, max: 1e9 })),
        clockBoundMs: u32,
      }),
    })
    .chain(rest =>
      (rest.objects.length === 0
        ? fc.constant([])
        : fc.array(link(rest.objects.length), { maxLength: 10 })
      ).map(links => ({ ...rest, links })),
    )
}
