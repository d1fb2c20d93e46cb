import { createServer, type Server } from 'node:net'
import {
  createClient,
  ProblemError,
  type SkeinClient,
  UnreachableError,
} from '../../../node/client/client.ts'
import { lines } from '../../../node/client/lines.ts'
import { serverSentEvents } from '../../../node/client/sse.ts'
import { FaultError, type Outcome, type Target } from '../engine/target.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const EVENT = JSON.stringify({ seq: 7, type: 'peer.joined', subject: '12D3KooW', data: { name: 'heron' } })
const STREAM = `: hello
id: 6

event: event
id: 7
data: ${EVENT}

event: gap
data: {"from":1,"to":5}

data: {"seq":
data: 8}

`

const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      const middle = bytes.byteLength >> 1
      controller.enqueue(bytes.slice(0, middle))
      controller.enqueue(bytes.slice(middle))
      controller.close()
    },
  })

async function eventsIn(bytes: Uint8Array): Promise<string> {
  const all: unknown[] = []
  for await (const event of serverSentEvents(lines(streamOf(bytes)))) all.push(event)
  return JSON.stringify(all)
}

const sse: Target = {
  name: 'client-sse',
  form: 'text',
  unchanged:
    'any stream is read to its end, and what is behind damage that a blank line ends is read as if alone',
  open: async () => ({
    corpus: [bytesOf(STREAM)],
    take: async input => {
      const whole = await eventsIn(bytesOf(STREAM))
      const alone = await eventsIn(bytesOf('data: last\n\n'))
      const both = await eventsIn(Uint8Array.from([...input, ...bytesOf('\n\nid:\ndata: last\n\n')]))
      if (!both.endsWith(alone.slice(1))) throw new FaultError('the last event is lost')
      return both.startsWith(whole.slice(0, -1)) ? 'taken' : 'refused'
    },
  }),
}

const answer = (type: string, body: string, status = '200 OK'): Uint8Array =>
  bytesOf(
    `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )

const PROBLEM = JSON.stringify({
  type: 'about:blank',
  title: 'Not Found',
  status: 404,
  code: 'not-found',
  detail: 'There is no /x here.',
  hint: 'Look elsewhere.',
})
const ANSWERS: readonly Uint8Array[] = [
  answer('application/json', JSON.stringify({ agent: '12D3KooW', peers: { connected: 1, known: 2 } })),
  answer('application/x-ndjson', `${EVENT}\n${EVENT}\n`),
  answer('text/event-stream', STREAM),
  answer('application/problem+json', PROBLEM, '404 Not Found'),
]

/** A server that answers each connection with the bytes it was given last, and hangs up. */
async function answering(current: () => Uint8Array): Promise<Server> {
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(current()))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

/** All ways in which an answer is read. */
const CALLS: readonly ((client: SkeinClient) => Promise<unknown>)[] = [
  client => client.status(),
  client => drain(client.log()),
  client => drain(client.events({ reconnect: false, onGap: () => {} })),
  client => client.readiness(),
]

const answers: Target = {
  name: 'client-answers',
  form: 'text',
  unchanged: 'a call ends with an answer, a ProblemError or an UnreachableError; nothing of it stays behind',
  open: async () => {
    let current = new Uint8Array()
    const server = await answering(() => current)
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const client = createClient({ url: `http://127.0.0.1:${port}`, timeoutMs: 1_000 })
    let turn = 0
    const one = async (call: (client: SkeinClient) => Promise<unknown>): Promise<Outcome> => {
      try {
        await call(client)
        return 'taken'
      } catch (error) {
        if (error instanceof ProblemError || error instanceof UnreachableError) return 'refused'
        throw error
      }
    }
    return {
      corpus: ANSWERS,
      take: async input => {
        current = Uint8Array.from(input)
        // Each real answer once in the way that it is meant for; the mutants in one way after the other.
        const real = ANSWERS.findIndex(bytes => Buffer.from(bytes).equals(input))
        const call = CALLS[real >= 0 && real < 3 ? real : turn++ % CALLS.length]
        const outcome = call === undefined ? 'refused' : await one(call)
        return real >= 0 ? 'taken' : outcome
      },
      close: () => new Promise(resolve => server.close(() => resolve())),
    }
  },
}

export const CLIENT: readonly Target[] = [sse, answers]
