/** What an agent counts. Plain numbers that only rise; the shells read them for metrics and reports. */
export interface AgentCounters {
  fixes: number
  positionsPublished: number
  positionsAccepted: number
  positionsStale: number
  positionsExpired: number
  positionsFuture: number
  /** Reports under our own key that we never made: someone flies with a copy of our identity. */
  positionsCloned: number
  positionsForgotten: number
  digestsSent: number
  digestsReceived: number
  deltaPositionsSent: number
  deltaPositionsReceived: number
  deltaPositionsTaken: number
  eventsAppended: number
  /** Events not taken, because too much waits for the disk. */
  eventsRefused: number
  writesFailed: number
}

export function zeroCounters(): AgentCounters {
  return {
    fixes: 0,
    positionsPublished: 0,
    positionsAccepted: 0,
    positionsStale: 0,
    positionsExpired: 0,
    positionsFuture: 0,
    positionsCloned: 0,
    positionsForgotten: 0,
    digestsSent: 0,
    digestsReceived: 0,
    deltaPositionsSent: 0,
    deltaPositionsReceived: 0,
    deltaPositionsTaken: 0,
    eventsAppended: 0,
    eventsRefused: 0,
    writesFailed: 0,
  }
}
