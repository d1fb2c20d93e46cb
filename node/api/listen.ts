import type { Server } from 'node:http'
import { ApiStartError } from './start-error.ts'

/** How many ports above a taken one are tried. */
const PORT_TRIES = 100
const PORT_MAX = 65_535

/** Listens on the port, or, unless strict, on the next free one above it. Throws ApiStartError. */
export async function listen(
  server: Server,
  { host, port, strict }: { readonly host: string; readonly port: number; readonly strict: boolean },
): Promise<void> {
  const last = strict || port === 0 ? port : Math.min(port + PORT_TRIES - 1, PORT_MAX)
  for (let next = port; next <= last; next++) {
    const error = await tryListen(server, host, next)
    if (error === null) return
    if (error.code !== 'EADDRINUSE') throw unavailable(host, next, error)
  }
  const tried = last === port ? `Port ${port} of ${host} is` : `Ports ${port} to ${last} of ${host} are`
  throw new ApiStartError(
    'port-taken',
    `${tried} taken by another program (perhaps another node: "skein status --api http://${host}:${port}"). ` +
      'Choose another with --api, or port 0 for any free one.',
  )
}

function tryListen(server: Server, host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise(resolve => {
    const settle = (error: NodeJS.ErrnoException | null) => {
      server.off('error', settle)
      server.off('listening', listening)
      resolve(error)
    }
    const listening = () => settle(null)
    server.once('error', settle)
    server.once('listening', listening)
    server.listen({ host, port, exclusive: true })
  })
}

function unavailable(host: string, port: number, error: NodeJS.ErrnoException): ApiStartError {
  const reason =
    error.code === 'EACCES'
      ? 'ports below 1024 need privileges'
      : error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND'
        ? 'no network interface of this machine has that address'
        : error.message
  return new ApiStartError('address-unavailable', `The API cannot listen on ${host}:${port}: ${reason}.`, {
    cause: error,
  })
}
