import { equalBytes } from '../bytes.ts'
import type { EventData, EventDraft, EventValue } from './event.ts'
import type { Fault, Gap } from './fault.ts'

/** The type of the event by which a log says what it has lost. */
export const QUARANTINED = 'log.quarantined'
/** The type of the event by which a log says that an unsigned end was cut. */
const TAIL_CUT = 'log.tail-cut'

const RANGES_PER_EVENT = 256
const DETAIL_CHARS = 120
const EXCUSABLE: readonly string[] = ['hole', 'unsigned', 'root']

/** A range that a signed event of the log itself declares damaged. */
export interface DeclaredRange extends Gap {
  readonly lost: boolean
  readonly lastGoodHash: Uint8Array | null
}

/** The events that declare these faults: the first entries of the log when it goes on after them. */
export function faultEvents(faults: readonly Fault[]): EventDraft[] {
  const cut = faults.filter(fault => fault.fault === 'torn-tail')
  const rest = faults.filter(fault => fault.fault !== 'torn-tail')
  const drafts: EventDraft[] = []
  for (let i = 0; i < rest.length; i += RANGES_PER_EVENT) {
    const ranges = rest.slice(i, i + RANGES_PER_EVENT).map(rangeData)
    drafts.push({ type: QUARANTINED, subject: '', data: { ranges } })
  }
  for (const { first, last } of cut) drafts.push({ type: TAIL_CUT, subject: '', data: { first, last } })
  return drafts
}

function rangeData(fault: Fault): EventData {
  const { first, last, lost, signedThrough, lastGoodHash } = fault
  const detail = fault.detail.slice(0, DETAIL_CHARS)
  return { first, last, fault: fault.fault, detail, lost, signedThrough, lastGoodHash }
}

/** What a `log.quarantined` event declares. Entries of a form not known are left out: they excuse nothing. */
export function declaredRanges(data: EventData): DeclaredRange[] {
  const { ranges } = data
  return Array.isArray(ranges) ? ranges.map(declaredRange).filter(range => range !== null) : []
}

function declaredRange(value: EventValue): DeclaredRange | null {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || Array.isArray(value))
    return null
  const { first, last, lost, lastGoodHash } = value as EventData
  if (typeof first !== 'number' || typeof last !== 'number' || typeof lost !== 'boolean') return null
  return { first, last, lost, lastGoodHash: lastGoodHash instanceof Uint8Array ? lastGoodHash : null }
}

/** What a damaged range looks like once its records are in quarantine: only that can be declared away. */
export function isExcusable({ fault, evidence }: Pick<Fault, 'fault' | 'evidence'>): boolean {
  return evidence.length === 0 && EXCUSABLE.includes(fault)
}

/**
 * Which faults are news. A fault is known if declared ranges cover all of it; parts not covered stay faults.
 * `altered` are those whose last good event is not the one the declaration names.
 */
export function explain(
  faults: readonly Fault[],
  declared: readonly DeclaredRange[],
): { readonly open: Fault[]; readonly gaps: Gap[]; readonly altered: Fault[] } {
  const open: Fault[] = []
  const gaps: Gap[] = []
  const altered: Fault[] = []
  for (const fault of faults) {
    const excuses = isExcusable(fault) ? declared.filter(range => range.lost === fault.lost) : []
    const { covered, rest } = cover(fault, excuses)
    if (fault.lost) gaps.push(...covered)
    open.push(...rest.map(gap => ({ ...fault, ...gap })))
    if (excuses.some(range => namesAnotherHash(range, fault))) altered.push(fault)
  }
  return { open, gaps, altered }
}

function namesAnotherHash(range: DeclaredRange, fault: Fault): boolean {
  if (range.first !== fault.first || range.lastGoodHash === null || fault.lastGoodHash === null) return false
  return !equalBytes(range.lastGoodHash, fault.lastGoodHash)
}

function cover(gap: Gap, by: readonly Gap[]): { readonly covered: Gap[]; readonly rest: Gap[] } {
  const covered: Gap[] = []
  const rest: Gap[] = []
  let at = gap.first
  for (const { first, last } of by.toSorted((a, b) => a.first - b.first)) {
    if (last < at || first > gap.last) continue
    if (first > at) rest.push({ first: at, last: first - 1 })
    covered.push({ first: Math.max(first, at), last: Math.min(last, gap.last) })
    at = Math.max(at, last + 1)
  }
  if (at <= gap.last) rest.push({ first: at, last: gap.last })
  return { covered, rest }
}
