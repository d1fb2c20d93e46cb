import { isIP } from 'node:net'

/** 127.0.0.0/8, ::1 or localhost. Names below localhost are not: not every resolver keeps them at home. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '')
  if (name === 'localhost') return true
  if (isIP(name) === 4) return name.startsWith('127.')
  return name === '::1' || name === '0:0:0:0:0:0:0:1' || name.startsWith('::ffff:127.')
}

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::' || host === ''

/** The host of a Host header without its port, in lower case and without brackets; null = not one. */
function hostName(header: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header)
  const name = match?.[1] ?? match?.[2]
  return name === undefined ? null : name.toLowerCase().replace(/\.$/, '')
}

/**
 * Whether a request with this Host header is meant for us. A page on a foreign site can have its own name
 * resolve to this machine (DNS rebinding), and the browser then sends that name: so names must be known.
 * An IP address cannot be rebound; it is taken when it is ours, or when we listen on every address (and then
 * perhaps behind a forwarded port).
 */
export function hostRule(boundHost: string, allowedHosts: readonly string[]): (header: string) => boolean {
  const known = new Set([boundHost.toLowerCase(), ...allowedHosts.map(host => host.toLowerCase())])
  const anyAddress = isWildcard(boundHost)
  return header => {
    const name = hostName(header)
    if (name === null) return false
    return isLoopback(name) || known.has(name) || (anyAddress && isIP(name) !== 0)
  }
}
