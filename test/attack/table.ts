import type { Outcome } from './trial.ts'
import { complaints, percent } from './verdict.ts'

const HEADS = [
  'attack',
  'by',
  'honest delivery in peace; attacked (worst pair)',
  'memory',
  'longest stall',
  'CPU in peace; attacked',
  'the attacker',
  'held',
] as const

function cells(outcome: Outcome): readonly string[] {
  const { name, attack, before, during, grownMiB, stallMs, cpu } = outcome
  const found = complaints(outcome)
  return [
    `${name}: ${attack.what}`,
    by(attack.members ?? 0),
    `${percent(before.all)}; ${percent(during.all)} (${percent(during.worst)})`,
    `+${Math.round(grownMiB)} MiB`,
    `${stallMs} ms`,
    `${Math.round(cpu.before)} %; ${Math.round(cpu.during)} %`,
    fate(outcome),
    found.length === 0 ? 'yes' : `NO: ${found.join('; ')}`,
  ]
}

const by = (members: number): string =>
  members === 0 ? 'outsider' : members === 1 ? 'member' : `${members} members`

function fate({ attack, toll }: Outcome): string {
  const [first] = toll.outMs
  const longest = Math.max(0, ...toll.outMs)
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  if (attack.must === 'closed')
    return `never in; ${toll.entries} connections, each closed within ${seconds(longest)}`
  if (first === undefined) return 'stays in: breaks no rule'
  const back = toll.entries - 1
  return `out after ${seconds(first)}; ${back > 0 ? `back ${back} times` : 'never back'}`
}

/** One line for people. */
export function row(outcome: Outcome): string {
  return cells(outcome).join(' | ')
}

export function markdown(outcomes: readonly Outcome[]): string {
  const line = (values: readonly string[]) => `| ${values.join(' | ')} |`
  return [line(HEADS), line(HEADS.map(() => '---')), ...outcomes.map(outcome => line(cells(outcome)))].join(
    '\n',
  )
}
