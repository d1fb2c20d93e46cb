#!/usr/bin/env node
// Plain JavaScript that old versions of Node read too: it checks that this one is new enough before anything newer
// is loaded. Then it starts the TypeScript of a clone, or what was built from it in an installed package, since
// Node strips no types inside node_modules.

import './small-heap.js'
import module from 'node:module'

const NEEDED = [22, 18]
/** After the first start this takes 0.2 s, once; later ones have nothing new to keep. */
const KEEP_COMPILED_AFTER_MS = 5_000

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  console.error(
    `error: skein needs Node ${NEEDED.join('.')} or newer, and this is Node ${process.versions.node} (${process.execPath}).\n` +
      'In a clone, `npm ci` brings one along: use `npm start` or `npm run skein --`. Else install one from your\n' +
      'package manager or https://nodejs.org.',
  )
  process.exit(78)
}

// Halves the time to the first line; where nothing may be written, nothing is lost.
module.enableCompileCache?.()
// What was compiled is kept at a process's end, and a drone that is switched off has none: keep it while it runs.
setTimeout(() => module.flushCompileCache?.(), KEEP_COMPILED_AFTER_MS).unref()

const built = new URL('../../dist/node/cli/skein.js', import.meta.url)
const isInstalled = import.meta.url.includes('/node_modules/')
await (isInstalled ? import(built.href) : import('./skein.ts'))
