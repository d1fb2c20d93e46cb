import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { singleWrite } from '../../../protocols/transport/single-write.ts'
import { itSpeaksWithStock, withPreSharedKey } from './conformance.ts'

interface TestConnection {
  socket?: Socket
  sendData(data: object): { sentBytes: number; canSendMore: boolean }
}

function list(...pieces: Uint8Array[]) {
  return {
    byteLength: pieces.reduce((sum, piece) => sum + piece.byteLength, 0),
    subarray: () => Buffer.concat(pieces),
    [Symbol.iterator]: () => pieces[Symbol.iterator](),
  }
}

describe('protocols/transport/single-write', () => {
  it('hands the socket all that is sent in one turn of the event loop at once, in order', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const accepted = once(server, 'connection')
    const socket = connect(address.port, '127.0.0.1')
    const [other] = (await accepted) as [Socket]
    const reads: string[] = []
    other.on('data', bytes => reads.push(bytes.toString()))

    const connection: TestConnection = { socket, sendData: () => assert.fail('the stock way was taken') }
    const protector = singleWrite<undefined>()(undefined)
    assert.equal(await protector.protect(connection as never), connection)
    connection.sendData(list(Buffer.from('a'), Buffer.from('bc')))
    connection.sendData(list(Buffer.from('d')))
    assert.deepEqual(connection.sendData(list(Buffer.from('e'))), { sentBytes: 1, canSendMore: true })
    const large = Buffer.alloc(40_000, 'x')
    connection.sendData(list(large, large))
    assert.equal(socket.writableLength, 80_005)
    await once(other, 'data')
    while (reads.join('').length < 80_005) await once(other, 'data')
    assert.equal(reads.join(''), `abcde${'x'.repeat(80_000)}`)
    socket.destroy()
    other.destroy()
    server.close()
  })

  it('leaves a connection without a socket alone', async () => {
    const sendData = () => ({ sentBytes: 0, canSendMore: true })
    const relayed = { sendData }
    await singleWrite<undefined>()(undefined).protect(relayed as never)
    assert.equal(relayed.sendData, sendData)
  })

  itSpeaksWithStock({ connectionProtector: singleWrite() })
  describe('around a pre-shared key', () => {
    itSpeaksWithStock(
      { connectionProtector: singleWrite(withPreSharedKey()) },
      { connectionProtector: withPreSharedKey() },
      // The library's cipher for pre-shared keys is JavaScript.
      1024 * 1024,
    )
  })
})
