import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** Lines of a text file, or of stdin for `-`. Fails with the error of the file system. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  const input = file === '-' ? process.stdin : createReadStream(file)
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
}

/** Writes lines to stdout, each with its end, no faster than they are taken. */
export async function writeLines(lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) {
    if (!process.stdout.write(line.endsWith('\n') ? line : `${line}\n`)) await once(process.stdout, 'drain')
  }
}
