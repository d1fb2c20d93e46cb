import type { Commands } from './commands.ts'
import { byId } from './dom.ts'
import type { Help } from './panels/help.ts'
import type { Table } from './panels/table.ts'
import type { Timeline } from './panels/timeline.ts'
import type { Stage } from './scene/stage.ts'
import type { State } from './state.ts'

export interface KeyTargets {
  readonly state: State
  readonly stage: Stage
  readonly commands: Commands
  readonly table: Table
  readonly timeline: Timeline
  readonly help: Help
}

/** A key, what it does in words, and what it does. */
export interface KeyBinding {
  readonly keys: readonly string[]
  readonly help: string
  readonly group: 'view' | 'layers' | 'objects' | 'time'
  run(targets: KeyTargets): void
}

const PAN = 0.08

/** The one table of keys: the help is made of it, so it can't leave one out. */
export const KEY_BINDINGS: readonly KeyBinding[] = [
  { keys: ['t'], group: 'view', help: 'from the top, north up', run: ({ commands }) => commands.top() },
  { keys: ['o'], group: 'view', help: 'tilted', run: ({ commands }) => commands.oblique() },
  { keys: ['a'], group: 'view', help: 'everything in view', run: ({ commands }) => commands.frameAll() },
  { keys: ['f'], group: 'view', help: 'follow the selected', run: ({ commands }) => commands.follow() },
  { keys: ['q'], group: 'view', help: 'turn left', run: ({ stage }) => stage.eye.turn(-30) },
  { keys: ['e'], group: 'view', help: 'turn right', run: ({ stage }) => stage.eye.turn(30) },
  { keys: ['+', '='], group: 'view', help: 'closer', run: ({ stage }) => stage.eye.zoom(0.7) },
  { keys: ['-'], group: 'view', help: 'further away', run: ({ stage }) => stage.eye.zoom(1 / 0.7) },
  { keys: ['ArrowLeft'], group: 'view', help: 'move left', run: ({ stage }) => stage.eye.pan(-PAN, 0) },
  { keys: ['ArrowRight'], group: 'view', help: 'move right', run: ({ stage }) => stage.eye.pan(PAN, 0) },
  { keys: ['ArrowUp'], group: 'view', help: 'move up', run: ({ stage }) => stage.eye.pan(0, PAN) },
  { keys: ['ArrowDown'], group: 'view', help: 'move down', run: ({ stage }) => stage.eye.pan(0, -PAN) },
  { keys: ['l'], group: 'layers', help: 'who hears whom', run: ({ state }) => state.toggle('links') },
  { keys: ['r'], group: 'layers', help: 'trails', run: ({ state }) => state.toggle('trails') },
  { keys: ['c'], group: 'layers', help: 'cells', run: ({ state }) => state.toggle('cells') },
  { keys: ['n'], group: 'layers', help: 'names', run: ({ state }) => state.toggle('labels') },
  { keys: ['b'], group: 'layers', help: 'base map', run: ({ state }) => state.toggle('base') },
  { keys: ['v'], group: 'layers', help: 'stretch heights', run: ({ state }) => state.nextHeightScale() },
  { keys: ['j'], group: 'objects', help: 'next in the table', run: ({ table }) => table.step(1) },
  { keys: ['k'], group: 'objects', help: 'previous in the table', run: ({ table }) => table.step(-1) },
  { keys: ['/'], group: 'objects', help: 'filter the table', run: () => byId('filter').focus() },
  {
    keys: ['x'],
    group: 'objects',
    help: 'see through the selected node',
    run: ({ state }) => seeThrough(state),
  },
  {
    keys: ['d'],
    group: 'objects',
    help: 'compare with the selected node',
    run: ({ state }) => compare(state),
  },
  { keys: ['Escape'], group: 'objects', help: 'let go', run: ({ state }) => state.select(null) },
  { keys: [' '], group: 'time', help: 'hold and go on', run: ({ state }) => state.togglePause() },
  { keys: ['['], group: 'time', help: 'shorter timeline', run: ({ timeline }) => timeline.zoom(-1) },
  { keys: [']'], group: 'time', help: 'longer timeline', run: ({ timeline }) => timeline.zoom(1) },
  { keys: ['?'], group: 'time', help: 'this page', run: ({ help }) => help.toggle() },
]

/** Looks through the selected node; again, through the node that serves the page. */
function seeThrough(state: State): void {
  state.look(state.selected === state.as ? null : state.selected, state.versus)
}

/** Compares with the selected node; again, or with none selected, with nobody. */
function compare(state: State): void {
  state.look(state.as, state.selected === state.versus ? null : state.selected)
}

export function listenForKeys(targets: KeyTargets): void {
  addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement
    if (typing) {
      if (event.key === 'Escape' && event.target instanceof HTMLElement) event.target.blur()
      return
    }
    const onButton = event.target instanceof HTMLButtonElement && (event.key === ' ' || event.key === 'Enter')
    if (targets.help.isOpen && event.key !== '?') return
    const binding = KEY_BINDINGS.find(({ keys }) => keys.includes(event.key))
    if (binding === undefined || onButton) return
    event.preventDefault()
    binding.run(targets)
  })
}
