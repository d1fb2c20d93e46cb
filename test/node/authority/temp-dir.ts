import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory for the tests of one `describe`, gone after them. Gives paths in it. */
export function tempDir(): (...names: readonly string[]) => string {
  let dir = ''
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'skein-authority-'))
  })
  after(() => rmSync(dir, { recursive: true, force: true }))
  return (...names) => join(dir, ...names)
}
