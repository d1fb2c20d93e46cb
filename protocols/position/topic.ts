import { isCell } from '../../src/geo/cells.ts'
import type { CellId } from '../../src/ports.ts'

const PREFIX = 'p/'
const CELL_LENGTH = 15

/**
 * The topic of a cell's positions, e.g. `p/881f8d4b07`. The topic is sent with every message, so it is short:
 * the trailing `f` that every H3 index of its resolution ends in are left out.
 */
export function positionTopic(cell: CellId): string {
  return PREFIX + cell.replace(/f+$/, '')
}

/** The cell of a position topic; null if the topic is none. */
export function cellOfTopic(topic: string): CellId | null {
  if (!topic.startsWith(PREFIX) || topic.length > PREFIX.length + CELL_LENGTH) return null
  const cell = topic.slice(PREFIX.length).padEnd(CELL_LENGTH, 'f')
  // One text per cell: what is spelled otherwise would be another topic of the same place.
  return isCell(cell) && positionTopic(cell) === topic ? cell : null
}
