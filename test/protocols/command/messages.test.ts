import assert from 'node:assert/strict'
import { encode } from 'cborg'
import { openAck, openCommand, sealCommand } from '../../../protocols/command/codec.ts'
import { FrameError } from '../../../protocols/frame-error.ts'
import { sha256 } from '../../../protocols/identity/ed25519.ts'
import { KeyDirectory } from '../../../protocols/identity/key-directory.ts'
import { decodeSync, encodeSync } from '../../../protocols/sync/codec.ts'
import { openCredential } from '../../../protocols/trust/certificate.ts'
import type { PeerMessage } from '../../../src/agent/interface.ts'
import { credentialBytes, EGRET, genesis, HERON_SIGNER, SWARM, verify } from '../trust/samples.ts'
import { ackBytes, LAND, landBytes } from './samples.ts'

const directory = new KeyDirectory(sha256)
const open = () => assert.fail('there is no report')
const trust = { genesis, verify, hash: sha256 }
const opened = openCredential(credentialBytes, genesis, verify)
const credential = 'credential' in opened ? opened.credential : assert.fail('no credential')
const command = openCommand(landBytes, SWARM, verify)

const through = (message: PeerMessage, closed: typeof trust | null = trust) =>
  decodeSync(encodeSync(message, directory), { directory, open, trust: closed }).message

const refused = (frame: Uint8Array, closed: typeof trust | null = trust): string => {
  try {
    decodeSync(frame, { directory, open, trust: closed })
    return 'taken'
  } catch (error) {
    assert.ok(error instanceof FrameError)
    return error.message
  }
}

describe('command frames', () => {
  it('carry a command with the certificate of its author, and an answer', () => {
    const message = { t: 'command', command, credential } as const
    assert.deepEqual(through(message), message)
    assert.deepEqual(through({ ...message, credential: null }), { ...message, credential: null })
    const ack = { t: 'command-ack', ack: openAck(ackBytes, SWARM, verify) } as const
    assert.deepEqual(through(ack), ack)
  })

  it('are refused in an open swarm', () => {
    assert.match(refused(encodeSync({ t: 'command', command, credential }, directory), null), /unknown kind/)
  })

  it('are refused with the certificate of another, and with one that is forged', () => {
    const others = sealCommand({ ...LAND, author: EGRET }, SWARM, HERON_SIGNER.sign)
    assert.match(refused(encode([7, others.bytes, credentialBytes])), /never signed/)
    const forged = Uint8Array.from(credentialBytes)
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    assert.match(refused(encode([7, landBytes, forged])), /certificate passed on is bad/)
  })

  it('are refused with any byte altered, but for a certificate that then looks like one of a newer version', () => {
    const taken: PeerMessage[] = []
    for (const frame of [encode([7, landBytes, credentialBytes]), encode([8, ackBytes])]) {
      for (let at = 0; at < frame.byteLength; at++) {
        const altered = Uint8Array.from(frame)
        altered[at] = (frame[at] ?? 0) ^ 0x01
        try {
          taken.push(decodeSync(altered, { directory, open, trust }).message)
        } catch (error) {
          assert.ok(error instanceof FrameError)
        }
      }
    }
    // One byte in each version of the two certificates; it then counts as none.
    assert.ok(taken.length <= 2, `${taken.length}`)
    for (const message of taken) assert.deepEqual(message, { t: 'command', command, credential: null })
  })
})
