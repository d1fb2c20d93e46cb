import { chmod, lstat, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { isMainThread } from 'node:worker_threads'
import { ApiStartError } from './start-error.ts'

/** What the kernel has room for in the address of a socket, apart from its closing zero. */
const PATH_BYTES_MAX = process.platform === 'linux' ? 107 : 103

/**
 * Listens on a unix socket that only this user can open. A socket file that nobody listens on (its process was
 * killed) is replaced; anything else at that path is left alone. Throws ApiStartError.
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > PATH_BYTES_MAX)
    throw unusable(path, `its path is longer than ${PATH_BYTES_MAX} bytes`)
  let error = await tryListen(server, path)
  if (error?.code === 'EADDRINUSE') {
    await removeStale(path)
    error = await tryListen(server, path)
  }
  if (error !== null) throw unusable(path, reasonOf(error), error)
  // For a worker thread: a moment late, but not never.
  await chmod(path, 0o600)
}

/** The mask counts while the kernel makes the file: there is no moment in which others could open the socket. */
function tryListen(server: Server, path: string): Promise<NodeJS.ErrnoException | null> {
  return new Promise(resolve => {
    const settle = (error: NodeJS.ErrnoException | null) => {
      server.off('error', settle)
      server.off('listening', listening)
      resolve(error)
    }
    const listening = () => settle(null)
    server.once('error', settle)
    server.once('listening', listening)
    // A worker thread has no mask of its own to set.
    const before = isMainThread ? process.umask(0o177) : null
    server.listen({ path })
    if (before !== null) process.umask(before)
  })
}

async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null)
  if (found === null) return
  if (!found.isSocket()) throw unusable(path, 'there is a file of that name which is no socket')
  const error = await tryConnect(path)
  if (error === null) {
    throw new ApiStartError(
      'socket-taken',
      `Somebody listens on ${path} already (perhaps another node: "skein status --api unix:${path}"). ` +
        'Stop it, or choose another socket with --api.',
    )
  }
  if (error.code !== 'ECONNREFUSED') throw unusable(path, reasonOf(error), error)
  await rm(path, { force: true })
}

/** Null = somebody answers. */
function tryConnect(path: string): Promise<NodeJS.ErrnoException | null> {
  return new Promise(resolve => {
    const socket = connect({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve(null)
    })
    socket.once('error', resolve)
  })
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  // Node says EACCES also of a directory that does not exist.
  return code === 'EACCES' ? 'its directory is not there, or this user may not make a file in it' : message
}

function unusable(path: string, reason: string, cause?: unknown): ApiStartError {
  return new ApiStartError('address-unavailable', `The API cannot listen on unix:${path}: ${reason}.`, {
    cause,
  })
}
