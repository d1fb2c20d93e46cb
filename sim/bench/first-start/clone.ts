import { cp, mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'

const CHECKOUT = join(import.meta.dirname, '../../..')
const SOURCES = ['package.json', 'node', 'protocols', 'src']

/**
 * A clone as `npm ci` leaves it: the sources, and the libraries linked one by one, so that whatever the program keeps
 * beside them (the bundled map) is not there yet.
 */
export async function freshClone(dir: string): Promise<string> {
  const clone = join(dir, 'clone')
  const libraries = join(clone, 'node_modules')
  await mkdir(libraries, { recursive: true })
  for (const source of SOURCES) await cp(join(CHECKOUT, source), join(clone, source), { recursive: true })
  for (const name of await readdir(join(CHECKOUT, 'node_modules'))) {
    if (name !== '.cache') await symlink(join(CHECKOUT, 'node_modules', name), join(libraries, name))
  }
  return clone
}
