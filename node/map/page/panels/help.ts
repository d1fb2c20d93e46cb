import { byId, make } from '../dom.ts'
import { KEY_BINDINGS, type KeyBinding } from '../keys.ts'

/** The overlay with all keys and what the colours mean. */
export interface Help {
  readonly isOpen: boolean
  toggle(): void
}

const GROUPS: readonly (readonly [KeyBinding['group'], string])[] = [
  ['view', 'View'],
  ['layers', 'Layers'],
  ['objects', 'Objects'],
  ['time', 'Time'],
]

const LEGEND: readonly (readonly [className: string, text: string])[] = [
  ['self', 'the node this map is seen through'],
  ['point', 'a neighbour with a fresh report; fades as the report ages'],
  ['volume', 'not heard of for too long: somewhere inside this cylinder, which grows'],
  ['fixed', 'a relay or an anchor'],
  ['fair', 'battery below 30 %'],
  ['bad', 'battery below 15 %, or an emergency'],
  ['other', 'where the node compared with believes it to be'],
]

const LINKS: readonly (readonly [className: string, text: string])[] = [
  ['mesh', 'connected, in the gossip mesh'],
  ['direct', 'connected'],
  ['relayed', 'connected through a relay'],
]

const CELLS: readonly (readonly [className: string, text: string])[] = [
  ['cell-own', 'the cell the node is in'],
  ['cell-ahead', 'joined before its border is crossed'],
  ['cell-joined', 'listened to'],
]

export function openHelp(): Help {
  const dialog = byId<HTMLDialogElement>('help')
  const heading = make('h2', '', 'Keys and colours')
  heading.id = 'help-title'
  const close = make('button', 'close', 'Close')
  close.type = 'button'
  close.addEventListener('click', () => dialog.close())
  const mouse = make(
    'p',
    '',
    'Drag to move, right-drag to turn, wheel to zoom, click an object to select it.',
  )
  dialog.append(
    make('header', '', heading, close),
    mouse,
    make(
      'div',
      'help-columns',
      ...GROUPS.map(keysOf),
      legendOf('Colours', LEGEND),
      legendOf('Who hears whom', LINKS),
      legendOf('Cells', CELLS),
    ),
  )
  dialog.addEventListener('click', event => {
    if (event.target === dialog) dialog.close()
  })
  const toggle = () => (dialog.open ? dialog.close() : dialog.showModal())
  byId('help-open').addEventListener('click', toggle)
  return {
    get isOpen() {
      return dialog.open
    },
    toggle,
  }
}

const KEY_NAMES: Readonly<Record<string, string>> = {
  ' ': 'Space',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
}

function keysOf([group, title]: (typeof GROUPS)[number]): HTMLElement {
  const list = make('dl')
  for (const { keys, help } of KEY_BINDINGS.filter(binding => binding.group === group)) {
    const name = KEY_NAMES[keys[0] ?? ''] ?? keys[0]?.toUpperCase() ?? ''
    list.append(make('dt', '', make('kbd', '', name)), make('dd', '', help))
  }
  return make('section', '', make('h3', '', title), list)
}

function legendOf(title: string, entries: typeof LEGEND): HTMLElement {
  const list = make('dl', 'legend')
  for (const [className, text] of entries) {
    list.append(make('dt', '', make('i', `swatch ${className}`)), make('dd', '', text))
  }
  return make('section', '', make('h3', '', title), list)
}
