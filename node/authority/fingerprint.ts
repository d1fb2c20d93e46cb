import { sha256 } from '../../protocols/identity/ed25519.ts'

/** What people compare root keys by: `SHA256:` and the digest of the public key in base64, as ssh shows keys. */
export function fingerprintOf(rootKey: Uint8Array): string {
  return `SHA256:${Buffer.from(sha256(rootKey)).toString('base64').replace(/=+$/, '')}`
}
