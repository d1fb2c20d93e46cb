/**
 * Whether a browser says that another site's page made this request. Programs send neither header; a browser
 * always sends `Origin` with POST and with cross-origin reads, and `Sec-Fetch-Site` with everything.
 * Following a link to us from elsewhere is allowed: it is a navigation, and its page cannot read the answer.
 */
export function isForeign(headers: Headers): boolean {
  const origin = headers.get('origin')
  if (origin !== null) return !sameHost(origin, headers.get('host'))
  return headers.get('sec-fetch-site') === 'cross-site' && headers.get('sec-fetch-mode') !== 'navigate'
}

function sameHost(origin: string, host: string | null): boolean {
  return URL.canParse(origin) && host !== null && new URL(origin).host === host.toLowerCase()
}
