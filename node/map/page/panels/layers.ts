import type { Commands } from '../commands.ts'
import { byId, make, setText } from '../dom.ts'
import { LAYERS, type Layer, type State } from '../state.ts'

const LAYER_KEYS: Readonly<Record<Layer, string>> = {
  links: 'L',
  trails: 'R',
  cells: 'C',
  labels: 'N',
  base: 'B',
}

/** Buttons over the map: what is drawn, and from where. Each has its key. */
export function openLayers(state: State, commands: Commands): void {
  const root = byId('layers')
  const button = (label: string, key: string, run: () => void) => {
    const text = make('span', '', label)
    const element = make('button', 'chip', text, make('kbd', '', key))
    element.type = 'button'
    element.addEventListener('click', () => {
      run()
      draw()
    })
    root.append(element)
    return { element, text }
  }
  const layers = LAYERS.map(layer => ({
    layer,
    ...button(layer, LAYER_KEYS[layer], () => state.toggle(layer)),
  }))
  root.append(make('hr'))
  button('top', 'T', commands.top)
  button('tilt', 'O', commands.oblique)
  button('all', 'A', commands.frameAll)
  const follow = button('follow', 'F', commands.follow)
  const heights = button('', 'V', () => state.nextHeightScale())

  function draw(): void {
    for (const { layer, element } of layers)
      element.setAttribute('aria-pressed', String(state.layers.has(layer)))
    follow.element.setAttribute('aria-pressed', String(commands.following()))
    follow.element.disabled = state.selected === null
    setText(heights.text, `heights ×${state.heightScale}`)
    heights.element.setAttribute('aria-pressed', String(state.heightScale !== 1))
  }
  for (const topic of ['view', 'selection', 'sources'] as const) state.on(topic, draw)
  commands.onChange(draw)
  draw()
}
