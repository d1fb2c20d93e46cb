import { INVARIANTS, TRUST_INVARIANTS } from './invariants/violation.ts'
import { CONVERGE_WITHIN_S, SWARM_DEFAULTS } from './options.ts'
import type { PlainOptions } from './pool.ts'
import type { SwarmReport } from './run.ts'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const share = (part: number, of: number): string => `${((100 * part) / Math.max(1, of)).toFixed(1)} %`

/** A run in eight short lines, for people. */
export function formatReport(report: SwarmReport): string {
  const { air, seed, agents, seconds, signer } = report
  const closed = report.turnedAway === null ? '' : `, closed: ${report.turnedAway} turned away`
  const copies = air.delivered + air.lost + air.cut + air.outOfRange
  const rows: [string, string][] = [
    ['ran', `seed ${seed}, ${agents} agents, ${seconds} s, ${signer} signatures${closed}`],
    ['faults', formatFaults(report)],
    [
      'network',
      `${whole.format(air.delivered)} reports delivered; ${share(air.lost, copies)} lost, ${share(air.cut, copies)} cut, ` +
        `${share(air.duplicated, copies)} doubled; ${report.neighborsHeard.toFixed(0)} others heard per agent`,
    ],
    ['checks', formatChecks(report)],
    ['healed', formatHeal(report)],
    ['speed', formatSpeed(report)],
    ['trace', report.traceHash],
  ]
  return rows.map(([name, text]) => `${name.padEnd(9)}${text}`).join('\n')
}

/** A run in one line, for lists of many. */
export function formatLine(report: SwarmReport): string {
  const verdict =
    report.violation === null ? `healed in ${report.convergedAfterS ?? '-'} s` : report.violation.message
  const kinds = report.kinds.length === 0 ? 'no faults' : report.kinds.join(' ')
  return `seed ${String(report.seed).padEnd(6)} ${report.traceHash}  ${verdict.padEnd(16)}  ${kinds}`
}

/** The command that repeats a run. */
export function reproduce(options: PlainOptions): string {
  const { seed, agents, seconds, faults, density, rangeM, signer, always, trust } = options
  const flags = [`--seed ${seed}`]
  if (agents !== undefined && agents !== SWARM_DEFAULTS.agents) flags.push(`--agents ${agents}`)
  if (seconds !== undefined && seconds !== SWARM_DEFAULTS.seconds) flags.push(`--seconds ${seconds}`)
  if (faults !== undefined && faults !== 'all')
    flags.push(`--faults ${typeof faults === 'string' ? faults : faults.join(',')}`)
  if (always !== undefined && always.length > 0) flags.push(`--always ${always.join(',')}`)
  if (density !== undefined && density !== SWARM_DEFAULTS.density) flags.push(`--density ${density}`)
  if (rangeM !== undefined && rangeM !== SWARM_DEFAULTS.rangeM) flags.push(`--range ${rangeM}`)
  if (trust === true) flags.push('--closed')
  if (signer !== undefined) flags.push(`--signer ${signer}`)
  return `npm run sim -- ${flags.join(' ')}`
}

function formatFaults({ kinds, injected }: SwarmReport): string {
  if (kinds.length === 0) return 'none'
  const counted = Object.entries(injected).map(([kind, count]) => `${count} ${kind}`)
  return `${kinds.join(', ')}${counted.length === 0 ? '' : ` (${counted.join(', ')})`}`
}

function formatChecks({ checks, violation, turnedAway }: SwarmReport): string {
  const total = Object.values(checks).reduce((sum, count) => sum + count, 0)
  const trust = turnedAway === null ? 0 : Object.keys(TRUST_INVARIANTS).length
  const kinds = `${Object.keys(checks).length} of ${Object.keys(INVARIANTS).length + trust} invariants`
  return `${kinds} met ${whole.format(total)} times; ${violation === null ? 'all hold' : `VIOLATED ${violation.message}`}`
}

function formatHeal({ convergedAfterS }: SwarmReport): string {
  if (convergedAfterS === null) return 'not seen'
  return `everyone knew everyone ${convergedAfterS.toFixed(0)} s after the heal (bound ${CONVERGE_WITHIN_S} s)`
}

function formatSpeed({ wallMs, cpuMs, agents, seconds, events, air }: SwarmReport): string {
  const cpuS = cpuMs / 1000
  const agentSeconds = whole.format((agents * seconds) / cpuS)
  const deliveries = whole.format(air.delivered / cpuS)
  return (
    `${(wallMs / 1000).toFixed(1)} s (${cpuS.toFixed(1)} s CPU): ${agentSeconds} agent-seconds/s, ` +
    `${deliveries} deliveries/s, ${whole.format(events)} events`
  )
}
