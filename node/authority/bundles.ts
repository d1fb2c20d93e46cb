import { ed25519Signer, verifyEd25519 } from '../../protocols/identity/ed25519.ts'
import { type Bundle, type OpenedBundle, openBundle, sealBundle } from '../../protocols/trust/bundle.ts'
import type { Authority, Issued } from './authority.ts'

/**
 * Packs what one agent needs to join. `issued`: by the newest issuing key, which signs the bundle too. `seed`: the
 * agent's secret key, null when it has that already.
 */
export function bundleOf(
  authority: Authority,
  { credential }: Issued,
  extra: Pick<Bundle, 'seed' | 'bootstrap' | 'psk'>,
): Uint8Array {
  const bundle = {
    swarm: authority.founding.swarm,
    genesis: authority.genesis,
    credential,
    revocations: authority.revocations?.bytes ?? null,
    ...extra,
  }
  return sealBundle(bundle, authority.issuing.signer.sign)
}

/** Opens a bundle and verifies it up to the root key that it brings. Throws FrameError. */
export function unpackBundle(bytes: Uint8Array): OpenedBundle {
  return openBundle(bytes, verifyEd25519, seed => ed25519Signer(seed).publicKey)
}
