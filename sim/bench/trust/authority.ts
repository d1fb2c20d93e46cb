import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Lab } from '../processes/lab.ts'
import { BIN } from '../processes/skein.ts'

const exec = promisify(execFile)

/** An authority made by the commands that a user has. Returns how to make data directories of members. */
export async function makeAuthority(lab: Lab): Promise<(name: string) => Promise<void>> {
  const dir = join(lab.dir, 'authority')
  const skein = (...args: readonly string[]) =>
    exec(process.execPath, [BIN, ...args], { env: { PATH: process.env.PATH, HOME: lab.dir } })
  await skein('ca', 'init', '--dir', dir, '--swarm', lab.swarm)
  return async name => {
    const bundle = join(lab.dir, `${name}.skein`)
    await skein('ca', 'issue', '--dir', dir, '--name', name, '--role', 'drone', '--out', bundle)
    await skein('init', '--join', bundle, '--data-dir', join(lab.dir, name))
  }
}
