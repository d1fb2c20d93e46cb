import assert from 'node:assert/strict'
import {
  busyMsIn,
  cpuMsOf,
  cpuPercent,
  fieldMb,
  memoryOf,
  slopeOf,
} from '../../../../sim/bench/processes/proc.ts'

const isLinux = process.platform === 'linux'

describe('sim/bench/processes/proc', () => {
  it('reads a field of /proc in MB, and not one whose name only begins alike', () => {
    const rollup = 'Rss:               96000 kB\nPss:               48000 kB\nPss_Dirty:             7 kB\n'
    assert.equal(fieldMb(rollup, 'Rss'), 98.304)
    assert.equal(fieldMb(rollup, 'Pss'), 49.152)
    assert.throws(() => fieldMb(rollup, 'Swap'), /there is no Swap/)
  })

  it('counts the time of the machine that is not idle', () => {
    assert.equal(busyMsIn('cpu  1 2 4 800 1600 8 16 32 64 0\ncpu0 9 9 9 9\n'), 630)
  })

  it('finds the slope of a line, whatever its height', () => {
    const points = [0, 1, 2, 3].map(x => ({ x, y: 7 + 3 * x }))
    assert.ok(Math.abs(slopeOf(points) - 3) < 1e-9)
  })

  it('sees the memory and the CPU of a process', async () => {
    if (!isLinux) return console.log('      not run: there is no /proc on this system')
    const { rssMb, pssMb } = await memoryOf(process.pid)
    assert.ok(rssMb > 10 && pssMb > 0 && pssMb <= rssMb)
    const before = await cpuMsOf(process.pid)
    for (const startedMs = performance.now(); performance.now() < startedMs + 30; );
    assert.ok((await cpuMsOf(process.pid)) > before)
    const [percent = Number.NaN] = await cpuPercent([process.pid], 20)
    assert.ok(percent >= 0)
  })
})
