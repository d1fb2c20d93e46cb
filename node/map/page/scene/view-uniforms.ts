/**
 * What every shader of the scene needs, shared by reference: one write a frame moves everything.
 * Objects are moved on by their velocity on the graphics side, so a frame costs the page no loop over them.
 */
export interface ViewUniforms {
  /** Seconds since the shown belief was true. */
  readonly uDt: { value: number }
  /** Metres that one pixel spans, one metre from the eye. */
  readonly uPx: { value: number }
  /** Milliseconds, for what pulses. */
  readonly uTime: { value: number }
}

export const createViewUniforms = (): ViewUniforms => ({
  uDt: { value: 0 },
  uPx: { value: 0.001 },
  uTime: { value: 0 },
})
