#!/usr/bin/env node
import { main } from './program.ts'

const code = await main(process.argv.slice(2))
// What was said leaves first. Then the process ends: libp2p's timers go on for seconds after its stop.
for (const stream of [process.stdout, process.stderr]) {
  if (stream.writableLength > 0) await new Promise(resolve => stream.write('', resolve))
}
process.exit(code)
