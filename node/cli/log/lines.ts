import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** Lines of a text file, or of stdin for `-`. Fails with the error of the file system. */
export async function readLines(file: string): Promise<readonly string[]> {
  const input = file === '-' ? process.stdin : createReadStream(file)
  const lines: string[] = []
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) lines.push(line)
  return lines
}
