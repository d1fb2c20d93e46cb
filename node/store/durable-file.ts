import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Replaces a file: on disk when this resolves, and never half-written, whatever happens meanwhile. */
export async function writeFileDurably(path: string, content: string | Uint8Array): Promise<void> {
  const next = `${path}.next`
  const file = await open(next, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(next, path)
  await syncDir(dirname(path))
}

/** Makes the names in a directory durable. */
export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The text of a file; null if there is none. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
