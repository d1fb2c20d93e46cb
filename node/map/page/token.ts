const KEY = 'skein-token'

/**
 * The node's token, for a page opened with `#token=…` (never sent to a server, never in its log). It moves from
 * the address to this tab's memory, so that a copied address does not give it away.
 */
export function takeToken(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given !== null) {
    sessionStorage.setItem(KEY, given)
    history.replaceState(null, '', location.pathname + location.search)
  }
  return sessionStorage.getItem(KEY)
}
