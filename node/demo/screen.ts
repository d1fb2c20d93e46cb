import { styleText } from 'node:util'
import type { Member } from './fleet.ts'

/** Cursor home, and erase from there to the end. */
const HOME = '\x1b[H'
const ERASE_BELOW = '\x1b[J'
const ERASE_LINE_END = '\x1b[K'
const ALTERNATE_ON = '\x1b[?1049h\x1b[?25l'
const ALTERNATE_OFF = '\x1b[?1049l\x1b[?25h'

const KEYS = 'k kill one   r restart   p partition   h heal   q quit'
const COLUMNS = [
  'node',
  'doing',
  'height',
  'speed',
  'battery',
  'peers',
  'hears',
  'lost',
  'age',
  'events',
  '',
] as const
const WIDTHS = [9, 10, 8, 9, 8, 6, 6, 5, 8, 8, 12] as const

/** Six lines that say what runs, where to look and what to try. */
export function banner(url: string, dataDir: string, members: number): string {
  return [
    `Skein demo: a relay and ${members - 1} drones, ${members} processes, no server`,
    `  map      ${url}`,
    `  status   npm run -s skein -- status --api ${url}`,
    `  metrics  ${url}/metrics    api  ${url}/api/openapi.json`,
    `  data     ${dataDir}`,
    `  keys     ${KEYS}`,
  ].join('\n')
}

/** The table of the demo as text, one row a member. */
export function table(members: readonly Member[]): string {
  const rows = members.map(row)
  return [styleText('dim', line(COLUMNS)), ...rows].join('\n')
}

function row(member: Member): string {
  const { name, state, status, side } = member
  if (state !== 'up' || status === null) {
    const text = line([name, state])
    return state === 'dead' ? styleText('red', text) : text
  }
  const { fix, phase } = status.vehicle
  const text = line([
    name,
    phase,
    fix?.heightDm == null ? '-' : `${Math.round(fix.heightDm / 10)} m`,
    fix === null ? '-' : `${(Math.hypot(fix.vnCms, fix.veCms) / 100).toFixed(1)} m/s`,
    fix?.batteryPct == null ? '-' : `${fix.batteryPct} %`,
    String(status.peers.connected),
    String(member.points),
    member.volumes === 0 ? '-' : String(member.volumes),
    status.worldModelAgeMs === null ? '-' : `${(status.worldModelAgeMs / 1000).toFixed(1)} s`,
    String(status.log.durableSeq),
    side === null ? '' : `side ${side}`,
  ])
  return side === 'b' ? styleText('yellow', text) : text
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => cell.padEnd(WIDTHS[i] ?? 8)).join(' ')
}

/** Takes the whole terminal and gives it back as it was. */
export class Screen {
  readonly #out = process.stdout

  open(): void {
    this.#out.write(ALTERNATE_ON)
  }

  draw(text: string): void {
    const lines = text.split('\n').map(one => one + ERASE_LINE_END)
    this.#out.write(`${HOME}${lines.join('\n')}${ERASE_BELOW}`)
  }

  close(): void {
    this.#out.write(ALTERNATE_OFF)
  }
}
