import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Finding, fail, ok, warn } from './check.ts'

const WATCH_MS = 200
/** What a disciplined clock drifts in that time is far below; a step is far above. */
const STEP_MS = 10
/** No build of this program is older: a clock before it was never set. */
const OLDEST = Date.UTC(2026, 0, 1)

/** Whether the clock was set, keeps still while it is watched, and whether something keeps it right. */
export async function checkClock(): Promise<readonly Finding[]> {
  const wall = Date.now()
  if (wall < OLDEST) {
    return [
      fail(
        'clock',
        `it says ${new Date(wall).toISOString()}`,
        'set it: chrony, systemd-timesyncd or GNSS time',
      ),
    ]
  }
  const mono = performance.now()
  await sleep(WATCH_MS)
  const stepMs = Date.now() - wall - (performance.now() - mono)
  return [checkStep(stepMs), checkDiscipline()]
}

function checkStep(stepMs: number): Finding {
  if (Math.abs(stepMs) <= STEP_MS) return ok('clock', 'runs evenly')
  const detail = `jumped by ${stepMs.toFixed(0)} ms while it was watched`
  return warn('clock', detail, 'let it slew, not step: chrony, or GNSS time')
}

/** systemd-timesyncd leaves a file when it has synchronised; chrony and ntpd leave theirs while they run. */
const SYNCHRONISED = '/run/systemd/timesync/synchronized'
const DAEMONS = ['/run/chrony/chronyd.pid', '/run/chronyd.pid', '/run/ntpd.pid', '/run/ntpsec/ntpd.pid']

function checkDiscipline(): Finding {
  if (existsSync(SYNCHRONISED)) return ok('clock sync', 'systemd-timesyncd has set it')
  const daemon = DAEMONS.find(file => existsSync(file))
  if (daemon !== undefined) return ok('clock sync', `a time daemon runs (${daemon})`)
  return warn(
    'clock sync',
    'nothing seems to keep the clock right',
    'run chrony or systemd-timesyncd; in a container the host does it',
  )
}
