import type { MapObject } from '../../../protocols/map/frame.ts'
import type { AgentId } from '../../../src/ports.ts'

const NONE = '–'

/** A name if it is known, else the end of the id: the beginning is the same for everyone. */
export const title = (object: { readonly agent: AgentId; readonly name: string }): string =>
  object.name === '' ? `…${object.agent.slice(-6)}` : object.name

/** `120 ms`, `1.4 s`, `3 min`. */
export function duration(ms: number | null): string {
  if (ms === null) return NONE
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return `${Math.round(ms / 3_600_000)} h`
}

/** `8.2 m`, `430 m`, `1.3 km`. */
export function distance(m: number | null): string {
  if (m === null) return NONE
  if (m < 10) return `${m.toFixed(1)} m`
  if (m < 1000) return `${Math.round(m)} m`
  return `${+(m / 1000).toFixed(1)} km`
}

export const signed = (ms: number | null): string =>
  ms === null ? NONE : `${ms > 0 ? '+' : ms < 0 ? '−' : '±'}${duration(Math.abs(ms))}`

export const percent = (value: number | null): string => (value === null ? NONE : `${value} %`)

export const metres = (value: number | null): string => (value === null ? NONE : `${Math.round(value)} m`)

export const clock = (ms: number): string =>
  new Date(ms).toLocaleTimeString('en-GB', { hour12: false, timeZone: 'UTC' })

export const degrees = (e7: number): string => (e7 / 1e7).toFixed(5)

const naturalKeys = new Map<string, string>()

/** Sorts `drone-2` before `drone-10`, and costs one look-up: names are few and compared often. */
export function naturalKey(text: string): string {
  const known = naturalKeys.get(text)
  if (known !== undefined) return known
  const key = text.toLowerCase().replaceAll(/\d+/g, digits => digits.padStart(10, '0'))
  if (naturalKeys.size < 10_000) naturalKeys.set(text, key)
  return key
}

/** The state of an object in one word. */
export function stateOf(object: MapObject): string {
  if (object.belief === 'volume') return 'lost'
  if (object.status === 'Emergency') return 'emergency'
  if (object.status === 'Ground') return 'on ground'
  if (object.status === 'Airborne') return 'airborne'
  return object.kind === 'drone' ? 'no status' : object.kind
}

/** A class of style.css; `apart` = two beliefs differ. */
export type Level = 'good' | 'fair' | 'bad' | 'none' | 'apart'

export const batteryLevel = (pct: number | null): Level =>
  pct === null ? 'none' : pct < 15 ? 'bad' : pct < 30 ? 'fair' : 'good'

export const ageLevel = (ms: number | null): Level =>
  ms === null ? 'none' : ms > 3000 ? 'bad' : ms > 1200 ? 'fair' : 'good'
