/*
 * The process of an attacker: told which attack, on whom, and when to end it; then it says how it went. It ends when
 * its parent does.
 */
import { ATTACKS } from '../attacks/index.ts'
import { Siege } from '../attacks/siege.ts'
import type { FromAssailant, ToAssailant } from './messages.ts'

const tell = (message: FromAssailant): void => void process.send?.(message)
const stop = new AbortController()

async function attack({ name, field }: ToAssailant & { t: 'attack' }): Promise<void> {
  const siege = new Siege(field, stop.signal)
  const known = ATTACKS[name]
  if (known === undefined) throw new Error(`there is no attack ${name}`)
  await known.run(siege)
  tell({ t: 'toll', toll: siege.toll() })
}

// What an attacker throws is what befalls who is cut off in the midst of something.
process.on('uncaughtException', () => {})
process.on('unhandledRejection', () => {})
process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToAssailant) => {
  if (message.t === 'stop') return stop.abort()
  attack(message).catch((error: Error) => tell({ t: 'failed', reason: error.stack ?? error.message }))
})
tell({ t: 'ready' })
