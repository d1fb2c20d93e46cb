import assert from 'node:assert/strict'
import type { DiskState } from '../../../node/store/interface.ts'
import { nodeStatus, type StatusSources } from '../../../node/views/status.ts'

interface Facts {
  readonly disk?: DiskState
  readonly lastFailure?: string
  readonly monoUs?: number
  /** Cells that connected peers say they fly in. */
  readonly cells?: readonly string[]
  readonly worldModelAgeMs?: number | null
}

/** A node that nobody flies and nobody is connected to, started at second 10 of its process. */
function statusWith(facts: Facts) {
  const { disk = 'ok', lastFailure, monoUs = 10_000_000, cells = [], worldModelAgeMs = null } = facts
  const head = { seq: 0 }
  const sources = {
    config: { bootstrap: [], clock: { boundMs: 1_000 } },
    agent: {
      config: { agent: 'self', boot: 1 },
      trusting: null,
      sharing: {
        latest: null,
        interest: { own: null, joined: () => [], has: (cell: string) => cell === 'here' },
      },
      worldModelAgeMs: () => worldModelAgeMs,
      journal: { log: { head, durableHead: head, stats: { lastFailure: lastFailure ?? null } } },
      clock: { trusted: true, offsetMs: null, steps: 0 },
      quarantined: false,
    },
    network: {
      host: { getMultiaddrs: () => [] },
      links: { peers: () => cells.map((_, i) => i), link: (i: number) => ({ cell: cells[i] }) },
      keeper: { known: () => [] },
    },
    store: { state: () => disk, sizeBytes: () => 0 },
    vehicle: { kind: 'none', phase: () => 'none' },
    startedAt: new Date(0),
    startedUs: 10_000_000,
    api: '',
    now: { monoUs, wallMs: 0 },
  }
  return nodeStatus(sources as unknown as StatusSources)
}

const diskCheck = (facts: Facts) => statusWith(facts).checks.find(({ name }) => name === 'disk')

describe('status of a node', () => {
  it('counts its uptime from its own start, which may be later than that of its process', () => {
    assert.equal(statusWith({}).uptimeS, 0)
    assert.equal(statusWith({ monoUs: 72_400_000 }).uptimeS, 62)
  })

  it('says of the disk what is wrong with it, also why the last write of the log failed', () => {
    assert.deepEqual(diskCheck({}), { name: 'disk', ok: true, detail: 'ok' })
    assert.deepEqual(diskCheck({ disk: 'low' }), { name: 'disk', ok: true, detail: 'low' })
    assert.equal(diskCheck({ disk: 'full' })?.ok, false)
    const failed = diskCheck({ lastFailure: 'EIO: i/o error' })
    assert.equal(failed?.ok, false)
    assert.match(failed?.detail ?? '', /^ok, the last write failed \(EIO: i\/o error\): free space/)
  })

  it('says that it is isolated when peers are near and none is heard', () => {
    const hearing = (facts: Facts) => statusWith(facts).checks.find(({ name }) => name === 'hearing')
    assert.deepEqual(hearing({}), { name: 'hearing', ok: true, detail: 'nobody near' })
    assert.equal(hearing({ cells: ['here', 'far', ''] })?.ok, true, 'one may have its own reasons')
    const isolated = hearing({ cells: ['here', 'here'] })
    assert.equal(isolated?.ok, false)
    assert.match(isolated?.detail ?? '', /^2 connected near here: none of them is heard: isolated/)
    assert.equal(hearing({ cells: ['here', 'here'], worldModelAgeMs: 200 })?.ok, true)
  })
})
