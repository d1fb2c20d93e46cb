import { multiaddr } from '@multiformats/multiaddr'
import type { AgentId } from '../../src/ports.ts'

/** As long as an address in an introduction may be; through three relays it takes 154 characters. */
const ADDRESS_MAX = 256

/**
 * An address at which `agent` may be dialed, ending in its peer id, so that a stranger there is noticed; null if the
 * text is no TCP or relayed address, or names somebody else. One bad address among good ones would keep libp2p
 * from trying any of them.
 */
export function dialableAddress(text: string, agent: AgentId | null): string | null {
  if (text.length > ADDRESS_MAX) return null
  let parts: readonly { readonly name: string; readonly value?: string }[]
  try {
    parts = multiaddr(text).getComponents()
  } catch {
    return null
  }
  if (!parts.some(({ name }) => name === 'tcp' || name === 'p2p-circuit')) return null
  const last = parts.at(-1)
  if (agent === null) return text
  if (last?.name === 'p2p') return last.value === agent ? text : null
  return `${text}/p2p/${agent}`
}

/** The peer id that an address ends in; null if it names none. */
export function agentOfAddress(text: string): AgentId | null {
  const last = multiaddr(text).getComponents().at(-1)
  return last?.name === 'p2p' ? (last.value ?? null) : null
}
