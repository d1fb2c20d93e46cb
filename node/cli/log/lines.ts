import { openSync, readSync } from 'node:fs'

const CHUNK_BYTES = 1 << 16
/** No line of an export is longer; another kind of file may be one endless line. */
const LINE_LENGTH_MAX = 1 << 24

/** Lines of a text file, or of stdin for `-`. */
export function* fileLines(file: string): Generator<string> {
  const fd = file === '-' ? 0 : openSync(file, 'r')
  const decoder = new TextDecoder()
  const chunk = new Uint8Array(CHUNK_BYTES)
  let rest = ''
  for (;;) {
    const count = readSync(fd, chunk)
    rest += decoder.decode(chunk.subarray(0, count), { stream: count > 0 })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
    if (count === 0 || rest.length > LINE_LENGTH_MAX) break
  }
  if (rest !== '') yield rest
}
