/** What a caller may do, from least to most: each scope includes the ones before it. */
export const SCOPES = ['read', 'operate', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** Whether who has `given` may do what needs `wanted`. */
export const covers = (given: Scope | null, wanted: Scope): boolean =>
  given !== null && SCOPES.indexOf(given) >= SCOPES.indexOf(wanted)
