/** The sets of defaults a node can start from. */
export const PROFILES = ['drone', 'relay', 'demo', 'sim'] as const
export type ProfileName = (typeof PROFILES)[number]
