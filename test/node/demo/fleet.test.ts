import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fleet } from '../../../node/demo/fleet.ts'

describe('demo: fleet', () => {
  let root = ''
  const options = process.env.NODE_OPTIONS
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'skein-fleet-'))
  })
  after(async () => {
    if (options === undefined) delete process.env.NODE_OPTIONS
    else process.env.NODE_OPTIONS = options
    await rm(root, { recursive: true })
  })

  it('keeps what its members say on stderr beside their data: the terminal is for the demo', async () => {
    process.env.NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent("console.error('a warning')")}`
    const fleet = new Fleet(root)
    const config = { listen: ['nowhere'] }
    await assert.rejects(fleet.launch({ name: 'heron', config, delivery: null }), /heron did not start/)
    await fleet.stop()
    assert.match(await readFile(join(root, 'heron', 'stderr.log'), 'utf8'), /^a warning$/m)
  })
})
