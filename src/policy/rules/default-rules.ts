import { RULES_VERSION, type RuleSet } from './rule-set.ts'

/**
 * The rules of a vehicle that was given none. Cautious, and true of any fleet: where it may fly is for its own rule
 * set to say (`geofence`, `range`).
 */
export const DEFAULT_RULES: RuleSet = {
  version: RULES_VERSION,
  name: 'default',
  revision: 1,
  lifeMaxMs: 30_000,
  quorumMs: 10_000,
  permit: {
    start: { issuers: 1 },
    goto: { issuers: 1 },
    abort: { issuers: 1 },
    kill: { issuers: 2 },
  },
  rules: [
    { id: 'collision', kind: 'collision' },
    { id: 'geo-zones', kind: 'geo-zones', inFlight: 'return' },
    // 120 m is the open category's limit above ground. Above the take-off is what every autopilot knows; a fleet
    // with terrain data says AGL.
    { id: 'ceiling', kind: 'altitude', upper: { mm: 120_000, ref: 'HOME' } },
    { id: 'people', kind: 'people', unlessIssuers: 3 },
    // Critical before reserve: what can't get home any more lands while it can choose where.
    { id: 'energy-critical', kind: 'energy', reservePct: 5, inFlight: 'land' },
    { id: 'energy-reserve', kind: 'energy', reservePct: 20, inFlight: 'return' },
    { id: 'link', kind: 'link', silentMaxMs: 45_000, inFlight: 'return' },
  ],
}
