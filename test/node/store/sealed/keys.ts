import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KeySource } from '../../../../node/store/sealed/key-source.ts'

export const NO_KEY: KeySource = { file: null, command: [] }

/** Writes a key of its own into a directory. */
export function newKey(dir: string, content: string | Uint8Array = randomBytes(32)): KeySource {
  const file = join(dir, `key-${randomBytes(4).toString('hex')}`)
  writeFileSync(file, content, { mode: 0o600 })
  return { file, command: [] }
}
