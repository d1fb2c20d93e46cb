import type { AgentId } from '../../../../src/ports.ts'
import type { Difference } from '../divergence.ts'
import { groundSpeed, type Placed } from '../enu.ts'
import {
  ageLevel,
  batteryLevel,
  distance,
  duration,
  type Level,
  naturalKey,
  signed,
  stateOf,
  title,
} from '../format.ts'
import type { State } from '../state.ts'

/** One object, with all a column may ask of it. */
export interface Row {
  readonly agent: AgentId
  readonly title: string
  readonly className: string
  readonly placed: Placed
  readonly difference: Difference | null
  /** From the node looked through, metres. */
  readonly distanceM: number | null
}

export interface Column {
  readonly key: string
  readonly title: string
  readonly help: string
  readonly className: string
  readonly downFirst: boolean
  value(row: Row): string | number | null
  text(row: Row): string
  level?(row: Row): Level
}

const NAME: Column = {
  key: 'name',
  title: 'Name',
  help: 'Name, or the end of the agent id',
  className: 'name',
  downFirst: false,
  value: row => naturalKey(row.title),
  text: row => row.title,
}

const BELIEF: readonly Column[] = [
  NAME,
  {
    key: 'battery',
    title: 'Batt',
    help: 'Battery, per cent',
    className: 'number',
    downFirst: false,
    value: row => row.placed.object.batteryPct,
    text: row => String(row.placed.object.batteryPct ?? '–'),
    level: row => batteryLevel(row.placed.object.batteryPct),
  },
  {
    key: 'height',
    title: 'Height',
    help: 'Metres above the ground plane of the map',
    className: 'number middle',
    downFirst: true,
    value: row => row.placed.z,
    text: row => String(Math.round(row.placed.z)),
  },
  {
    key: 'speed',
    title: 'm/s',
    help: 'Speed over ground, metres per second',
    className: 'number speed',
    downFirst: true,
    value: row => groundSpeed(row.placed),
    text: row => groundSpeed(row.placed).toFixed(0),
  },
  {
    key: 'age',
    title: 'Age',
    help: 'How old the report behind this belief is',
    className: 'number wide',
    downFirst: true,
    value: row => row.placed.object.ageMs,
    text: row => duration(row.placed.object.ageMs),
    level: row => ageLevel(row.placed.object.ageMs),
  },
  {
    key: 'distance',
    title: 'Away',
    help: 'Metres from the node looked through',
    className: 'number wide',
    downFirst: false,
    value: row => row.distanceM,
    text: row => distance(row.distanceM),
  },
]

const DIVERGENCE: readonly Column[] = [
  NAME,
  {
    key: 'apart',
    title: 'Apart',
    help: 'Metres between the two beliefs; here / there = only that node knows it',
    className: 'number wider',
    downFirst: true,
    value: row => (row.difference === null ? null : (row.difference.distanceM ?? Number.MAX_VALUE)),
    text: row => (row.difference === null ? '–' : apart(row.difference)),
    level: row => (row.difference?.notable === true ? 'apart' : 'none'),
  },
  {
    key: 'age-a',
    title: 'Age here',
    help: 'How old the report is that the node looked through has',
    className: 'number wider',
    downFirst: true,
    value: row => row.difference?.a?.object.ageMs ?? null,
    text: row => duration(row.difference?.a?.object.ageMs ?? null),
    level: row => ageLevel(row.difference?.a?.object.ageMs ?? null),
  },
  {
    key: 'age-gap',
    title: 'Older there',
    help: 'How much older the report is that the other node has',
    className: 'number wider',
    downFirst: true,
    value: row => row.difference?.ageGapMs ?? null,
    text: row => signed(row.difference?.ageGapMs ?? null),
  },
]

const apart = ({ a, b, distanceM }: Difference): string =>
  a === null ? 'only there' : b === null ? 'only here' : distance(distanceM)

export const columnsOf = (state: State): readonly Column[] => (state.versus === null ? BELIEF : DIVERGENCE)

/** Whether a filter in lower case is in the name, the state, the kind, the cell or the id. */
export const matches = ({ title: name, placed: { object } }: Row, filter: string): boolean =>
  filter === '' ||
  `${name} ${stateOf(object)} ${object.kind} ${object.cell} ${object.agent}`.toLowerCase().includes(filter)

/** Everything either node believes in. */
export function rowsOf(state: State): Row[] {
  const { belief, divergence } = state
  if (belief === null) return []
  const self = belief.byAgent.get(belief.frame.self.agent) ?? null
  if (divergence === null) return belief.placed.map(placed => row(placed, null, self))
  return divergence.differences.flatMap(difference => {
    const placed = difference.a ?? difference.b
    return placed === null ? [] : row(placed, difference, self)
  })
}

function row(placed: Placed, difference: Difference | null, self: Placed | null): Row {
  const { object } = placed
  const name = title(object)
  const isSelf = self !== null && self.object.agent === object.agent
  return {
    agent: object.agent,
    title: name,
    className: `${isSelf ? 'self' : object.kind} ${object.belief === 'volume' ? 'lost' : ''} ${difference?.notable === true ? 'apart' : ''}`,
    placed,
    difference,
    distanceM:
      self === null || isSelf ? null : Math.hypot(placed.x - self.x, placed.y - self.y, placed.z - self.z),
  }
}
