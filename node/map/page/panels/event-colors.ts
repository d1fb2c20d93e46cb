/** Lanes of the timeline: the first word of the type, in this order; the rest share the last. */
export const EVENT_LANES = ['node', 'peer', 'vehicle', 'flight', 'other'] as const
export type EventLane = (typeof EVENT_LANES)[number]

export const LANE_COLORS: Readonly<Record<EventLane, string>> = {
  node: '#d9e2ea',
  peer: '#8cbcff',
  vehicle: '#6fe3c1',
  flight: '#b39bff',
  other: '#8798a6',
}

export function laneOf(type: string): EventLane {
  const word = type.split('.', 1)[0]
  return EVENT_LANES.find(lane => lane === word) ?? 'other'
}

const ALARMING =
  /fail|lost|left|refus|reject|fault|quarantin|corrupt|emergency|expired|overflow|stepped|stale|critical/

/** Worth a second look: drawn in the colour of a warning. */
export const isAlarming = (type: string): boolean => ALARMING.test(type)

/** Written once a second while something flies: marks on the timeline, but no news for a list. */
export const isRoutine = (type: string): boolean => type === 'flight.position'

export const ALARM_COLOR = '#ff7070'
