import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ed25519Signer, sha256, verifyEd25519 } from '../../../protocols/identity/ed25519.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const anyKey = fc.uint8Array({ minLength: 32, maxLength: 32 })
const anyBytes = fc.uint8Array({ maxLength: 100 })

describe('Ed25519', () => {
  // RFC 8032, section 7.1, tests 1 to 3.
  const vectors = [
    [
      '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ],
  ] as const

  for (const [seed, key, message, signature] of vectors) {
    it(`signs '${message}' as RFC 8032 does`, () => {
      const signer = ed25519Signer(hex(seed))
      assert.equal(text(signer.publicKey), key)
      assert.equal(text(signer.sign(hex(message))), signature)
      assert.ok(signer.verify(hex(key), hex(message), hex(signature)))
    })
  }

  it('says no, and never throws, to what is no signature by that key', () => {
    const signer = ed25519Signer(new Uint8Array(32).fill(7))
    fc.assert(
      fc.property(anyBytes, anyBytes, anyBytes, (key, bytes, signature) => {
        assert.equal(verifyEd25519(key, bytes, signature), false)
        assert.equal(verifyEd25519(signer.publicKey, bytes, signature), false)
      }),
    )
    fc.assert(
      fc.property(anyKey, anyBytes, (key, bytes) => verifyEd25519(key, bytes, signer.sign(bytes)) === false),
    )
  })

  it('hashes with SHA-256', () => {
    assert.equal(text(sha256(hex(''))), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })
})
