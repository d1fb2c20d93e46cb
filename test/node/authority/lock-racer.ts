import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { lock } from '../../../node/authority/lock.ts'

/* Takes the lock again and again, and is killed, as far as others can see, each third time: ARGV = dir, rounds, dead pid. */
const [dir = '', rounds = '', gone = ''] = process.argv.slice(2)
const inside = `${dir}/inside`
let taken = 0
let together = 0
const endMs = Date.now() + 20_000
while (taken < Number(rounds) && Date.now() < endMs) {
  const unlock = await lock(`${dir}/lock`).catch(error => {
    if (error.code === 'AUTHORITY_BUSY') return null
    throw error
  })
  if (unlock === null) continue
  taken++
  if (existsSync(inside)) together++
  writeFileSync(inside, '')
  await new Promise(resolve => setImmediate(resolve))
  rmSync(inside, { force: true })
  if (taken % 3 !== 0) await unlock()
  else {
    writeFileSync(`${dir}/left-${process.pid}`, `${gone}\n`)
    renameSync(`${dir}/left-${process.pid}`, `${dir}/lock`)
  }
}
process.send?.({ taken, together })
