/** A line longer than this is not ours; it would otherwise grow the buffer without end. */
const LINE_LENGTH_MAX = 4 * 1024 * 1024

/** Splits a stream of UTF-8 bytes into lines (LF or CRLF). The last one needs no line end. */
export async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const reader = body.getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true })
      const parts = rest.split('\n')
      rest = parts.pop() ?? ''
      for (const part of parts) yield part.endsWith('\r') ? part.slice(0, -1) : part
      if (done) break
      if (rest.length > LINE_LENGTH_MAX)
        throw new RangeError(`A line of the answer is longer than ${LINE_LENGTH_MAX} characters.`)
    }
    if (rest !== '') yield rest
  } finally {
    // Also when the reader of the lines leaves early: the connection must not stay open behind it.
    await reader.cancel().catch(() => {})
  }
}
