import { multiaddr } from '@multiformats/multiaddr'
import { z } from 'zod'

/** Peer id of an Ed25519 key in base58, as `skein status` shows it. */
const AGENT_ID = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/

/** Why `text` is no multiaddr that this node can use over TCP, or null. */
function complaint(text: string, place: 'listen' | 'peer'): string | null {
  let names: readonly string[]
  try {
    const parts = multiaddr(text).getComponents()
    const stranger = parts.find(({ name, value = '' }) => name === 'p2p' && !AGENT_ID.test(value))
    if (stranger !== undefined) return `${stranger.value} is no agent's id`
    names = parts.map(({ name }) => name)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  if (names.includes('p2p-circuit')) return null
  const tcp = names.indexOf('tcp')
  if (tcp < 1) return 'only TCP is spoken: it needs /ip4, /ip6 or /dns followed by /tcp/PORT'
  const rest = names.slice(tcp + 1)
  if (rest.some(name => name !== 'p2p')) return `/${rest[0]} after /tcp is not supported`
  if (place === 'listen' && rest.length > 0) return 'an address to listen on ends with the port'
  return null
}

function address(place: 'listen' | 'peer') {
  return z
    .string()
    .superRefine((text, context) => {
      const message = complaint(text, place)
      if (message !== null) context.addIssue({ code: 'custom', message })
    })
    .meta({ format: 'multiaddr' })
}

/** A multiaddr to accept connections on. */
export const listenAddress = () => address('listen')

/** A multiaddr at which a peer can be reached. */
export const peerAddress = () => address('peer')
