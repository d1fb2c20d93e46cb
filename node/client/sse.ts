/** One server-sent event. `id` is the last id seen so far, also when this event carried none. */
export interface ServerSentEvent {
  readonly id: string
  /** `message` when the server named none. */
  readonly event: string
  readonly data: string
}

/**
 * Reads the lines of a `text/event-stream` (WHATWG HTML, section 9.2.6). Comments are skipped; an id without data
 * moves the id on and yields nothing, so `onId` tells of it: a reader that resumes from there repeats less.
 */
export async function* serverSentEvents(
  lines: AsyncIterable<string>,
  onId: (id: string) => void = () => {},
): AsyncGenerator<ServerSentEvent> {
  let id = ''
  let event = ''
  let data: string[] = []
  for await (const line of lines) {
    if (line === '') {
      onId(id)
      if (data.length > 0) yield { id, event: event || 'message', data: data.join('\n') }
      event = ''
      data = []
      continue
    }
    const [field, value] = splitField(line)
    if (field === 'data') data.push(value)
    else if (field === 'event') event = value
    else if (field === 'id' && !value.includes('\0')) id = value
  }
}

/** `name: value`, with at most one space after the colon that does not count; a comment has an empty name. */
function splitField(line: string): [string, string] {
  const colon = line.indexOf(':')
  if (colon === -1) return [line, '']
  const value = line.slice(colon + 1)
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value]
}
