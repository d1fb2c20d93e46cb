import type { Credential } from '../policy/certificate.ts'
import type { SignedHead } from '../policy/contradiction.ts'
import type { Genesis } from '../policy/genesis.ts'
import type { RevocationList } from '../policy/revocations.ts'
import type { CommandAck, SignedCommand } from '../policy/signed-command.ts'

/** What an agent of a closed swarm is given: whom it belongs to, and what it shows of itself. */
export interface TrustPort {
  readonly genesis: Genesis
  readonly own: Credential
  /** The newest list known from before; null = none. */
  readonly revocations: RevocationList | null
  sealHead(head: Omit<SignedHead, 'bytes'>): SignedHead
  sealCommand(command: Omit<SignedCommand, 'bytes'>): SignedCommand
  sealAck(ack: Omit<CommandAck, 'bytes'>): CommandAck
  /** Opens what the own log says; null = it does not hold any more, as after a change of swarm. */
  readonly recall: {
    revocations(bytes: Uint8Array): RevocationList | null
    head(bytes: Uint8Array): SignedHead | null
  }
}
