/** Where a value of the configuration comes from, weakest first. */
export const LAYERS = ['default', 'profile', 'file', 'env', 'flag'] as const
export type LayerName = (typeof LAYERS)[number]

/** A part of the configuration as someone gave it, before it is checked: one value, a group or the whole. */
export interface Given {
  readonly layer: LayerName
  /** Dotted key of `value`; empty = the whole configuration. */
  readonly path: string
  readonly value: unknown
  /** Who said it. `keys` leads from the root to the value or, with `atKey`, to the key. */
  where(keys: readonly PropertyKey[], atKey?: boolean): string
  /** Directory that relative paths in the value are meant from. */
  readonly base: string
}
