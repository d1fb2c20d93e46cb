/** A 2D canvas that follows the size of its parent and the pixels of the screen. */
export interface Surface {
  readonly element: HTMLCanvasElement
  readonly context: CanvasRenderingContext2D
  readonly widthPx: number
  readonly heightPx: number
}

/** `redraw` runs after each change of size. */
export function openCanvas(element: HTMLCanvasElement, redraw: () => void): Surface {
  const context = element.getContext('2d')
  if (context === null) throw new Error('This browser has no 2D canvas.')
  const surface = { element, context, widthPx: 0, heightPx: 0 }
  const parent = element.parentElement ?? element
  new ResizeObserver(() => {
    const ratio = devicePixelRatio
    surface.widthPx = parent.clientWidth
    surface.heightPx = parent.clientHeight
    element.width = Math.max(1, Math.round(surface.widthPx * ratio))
    element.height = Math.max(1, Math.round(surface.heightPx * ratio))
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    redraw()
  }).observe(parent)
  return surface
}
