import type { Role } from './roles.ts'

/**
 * Where a right is checked: at the gossip topic that carries a message, on a direct stream between two peers, in
 * the replicated state machine of a group, and at the executor of the vehicle that is commanded.
 */
export const PLACES = ['topic', 'stream', 'state-machine', 'command'] as const
export type Place = (typeof PLACES)[number]

const ALL: readonly Role[] = ['drone', 'anchor', 'relay', 'dispatcher', 'observer', 'regulator', 'bridge']
/** Those who have a use for the positions of others. A relay carries bytes that it has no key to ask for. */
const EYES: readonly Role[] = ['drone', 'anchor', 'dispatcher', 'observer', 'regulator', 'bridge']

/**
 * Who may do what, and where it is checked: the whole of it. What is not named here is denied. Limits that depend
 * on more than the role (geofence, energy, two voices for a kill) are rules, in `rules/`.
 */
export const TABLE = {
  topic: {
    /** Its own, and nobody else's: reports are signed. */
    'announce-position': ['drone', 'anchor'],
    'hear-positions': EYES,
  },
  stream: {
    /** Compare notes on positions (`/skein/sync/1`). */
    'sync-positions': EYES,
    /** Watch what a node believes (`/skein/view/1`). */
    'watch-view': ['drone', 'anchor', 'dispatcher', 'observer', 'regulator'],
    /** Take a place at a relay, and connect through it: asked by letting in members only, for all of them may. */
    'use-relay': ALL,
    /** Pass on what proves itself: revocations, certificates, evidence, heads of logs. */
    'pass-on-trust': ALL,
    /** Hand on a signed command, or its answer: it proves itself. */
    'hand-on-command': ALL,
  },
  'state-machine': {
    /** A member of a group's quorum. */
    vote: ['drone', 'anchor', 'relay'],
    /** Operational intents, for itself. */
    'reserve-airspace': ['drone'],
    /** Zone leases, locks and barriers, for itself. */
    'hold-lease': ['drone', 'anchor'],
    'write-register': ['drone', 'anchor', 'dispatcher', 'regulator'],
    'set-constraint': ['regulator'],
    'clear-hazard': ['regulator'],
    'submit-job': ['dispatcher'],
    'cancel-job': ['dispatcher'],
    'bid-for-job': ['drone'],
    'complete-job': ['drone'],
  },
  command: {
    hold: ['dispatcher', 'regulator'],
    land: ['dispatcher', 'regulator'],
    return: ['dispatcher', 'regulator'],
    start: ['dispatcher'],
    abort: ['dispatcher'],
    goto: ['dispatcher'],
    /** By two authors at once, says the rule. */
    kill: ['dispatcher', 'regulator'],
  },
} as const satisfies { readonly [P in Place]: { readonly [verb: string]: readonly Role[] } }

export type Verb<P extends Place> = keyof (typeof TABLE)[P] & string

/** Whether one of `roles` has the right. */
export function allows<P extends Place>(roles: readonly Role[], place: P, verb: Verb<P>): boolean {
  const allowed: unknown = TABLE[place][verb]
  // No list: a verb that is not named, or a word that every object of the language knows.
  return Array.isArray(allowed) && allowed.some(role => roles.includes(role))
}

/** One cell of the table, for whoever prints or tests it. */
export interface TableRow {
  readonly place: Place
  readonly verb: string
  readonly roles: readonly Role[]
}

export function tableRows(): readonly TableRow[] {
  return PLACES.flatMap(place =>
    Object.entries(TABLE[place]).map(([verb, roles]) => ({ place, verb, roles })),
  )
}
