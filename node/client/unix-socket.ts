import type { IncomingMessage } from 'node:http'

/** The path of `unix:/run/skein.sock`; null for any other address. */
export const socketPathOf = (url: string): string | null =>
  url.startsWith('unix:') ? url.slice('unix:'.length) : null

interface SocketRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly signal: AbortSignal
}

/**
 * `fetch` over a unix socket, which Node's own cannot do. The modules are asked of the running Node, not imported:
 * so the client still loads in a browser, and bundlers find nothing in it that a browser lacks.
 */
export async function fetchOverSocket(
  socketPath: string,
  path: string,
  { method, headers, body, signal }: SocketRequest,
): Promise<Response> {
  const http = globalThis.process?.getBuiltinModule?.('node:http')
  const stream = globalThis.process?.getBuiltinModule?.('node:stream')
  if (http === undefined || stream === undefined) throw new Error('only Node can open a unix socket')
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = {
      socketPath,
      path,
      method,
      headers: { host: 'localhost', ...headers },
      signal,
      agent: false,
    }
    const outgoing = http.request(options, resolve)
    outgoing.once('error', error => reject(clearer(error)))
    outgoing.end(body)
  })
  const head = Object.entries(incoming.headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, each]),
  )
  const status = incoming.statusCode ?? 0
  const hasBody = ![204, 205, 304].includes(status)
  // The types of Node and of the platform name the same stream apart.
  const content = hasBody ? (stream.Readable.toWeb(incoming) as unknown as ReadableStream<Uint8Array>) : null
  return new Response(content, { status, headers: head })
}

/** What the three usual faults mean to people. */
function clearer(error: NodeJS.ErrnoException): Error {
  const reason = FAULTS[error.code ?? '']
  return reason === undefined ? error : new Error(`${reason} (${error.code})`)
}

const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'nobody listens on this socket any more',
  EACCES: 'this socket belongs to another user: ask as the one the node runs as',
  ENOTSOCK: 'this is no socket',
}
