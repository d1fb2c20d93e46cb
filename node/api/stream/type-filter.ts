/**
 * Which event types a reader wants, from a comma-separated list: `peer.joined` is that type and what is below it,
 * `peer`, `peer.` and `peer.*` are everything about peers. No list, or an empty one, is everything.
 */
export function typeFilter(list: string | undefined): (type: string) => boolean {
  const wanted = (list ?? '')
    .split(',')
    .map(item => item.trim().replace(/\.?\*?$/, ''))
    .filter(item => item !== '')
  if (wanted.length === 0) return () => true
  return type => wanted.some(prefix => type === prefix || type.startsWith(`${prefix}.`))
}
