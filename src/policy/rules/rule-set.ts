import type { Role } from '../roles.ts'
import type { Band } from './altitude.ts'
import type { Area } from './area.ts'
import type { RuledVerb, SafeVerb } from './command.ts'

/** The format of rule sets that this program reads. */
export const RULES_VERSION = 1

/** Who must ask for a verb before it is carried out. */
export interface Permit {
  /** Distinct issuers that must agree within the set's `quorumMs`. At least 2 for `kill`. */
  readonly issuers: number
  /** Only issuers with one of these roles count; absent = all that the role table lets say it. */
  readonly roles?: readonly Role[]
}

/** What every rule has, of whatever kind. */
interface RuleBase {
  /** Names the rule in decisions, logs and metrics. */
  readonly id: string
  /** The verbs it may refuse; absent = those that its kind is for: `people` kill, all others start and goto. */
  readonly verbs?: readonly RuledVerb[]
  /** What a vehicle that finds itself breaking the rule in the air does unasked; absent = nothing. */
  readonly inFlight?: SafeVerb
}

/** One thing that must not be. A rule only ever takes away: what no permit gives, no rule can. */
export type Rule = RuleBase &
  (
    | { readonly kind: 'collision' }
    | { readonly kind: 'geo-zones' }
    | ({
        readonly kind: 'geofence'
        readonly stay: 'inside' | 'outside'
        readonly area: Area
        /** Kept clear on the right side of the edge: make it no less than the error of the fix. */
        readonly marginMm: number
      } & Band)
    /** Floor and ceiling, wherever the vehicle is. */
    | ({ readonly kind: 'altitude' } & Band)
    /** Distance from home. */
    | { readonly kind: 'range'; readonly maxMm: number }
    /** Nothing may fall on people, unless this many issuers agree that not falling would be worse. */
    | { readonly kind: 'people'; readonly unlessIssuers?: number }
    /** What must be left in the battery once the vehicle is home, percent of the capacity. */
    | { readonly kind: 'energy'; readonly reservePct: number }
    | { readonly kind: 'link'; readonly silentMaxMs: number }
  )

export type RuleOf<K extends Rule['kind']> = Extract<Rule, { kind: K }>

/** The order in which rules speak: the first that objects decides. The design's, and no rule set can change it. */
const LAYERS = ['collision', 'geo-zone', 'energy', 'link'] as const
type Layer = (typeof LAYERS)[number]

const LAYER_OF: { readonly [K in Rule['kind']]: Layer } = {
  collision: 'collision',
  'geo-zones': 'geo-zone',
  geofence: 'geo-zone',
  altitude: 'geo-zone',
  range: 'geo-zone',
  people: 'geo-zone',
  energy: 'energy',
  link: 'link',
}

/** The rules above roles, as data: what verbs take, and what must not be. Made by hand, or by `parseRuleSet`. */
export interface RuleSet {
  readonly version: typeof RULES_VERSION
  readonly name: string
  /** Rises with every change, so that a log says which rules decided. */
  readonly revision: number
  /** A command must end within this time, so that a recorded one is soon worth nothing. */
  readonly lifeMaxMs: number
  /** Issuers who sign within this time of each other agree. */
  readonly quorumMs: number
  /** What is not named here is refused. `hold`, `land` and `return` need no permit and can be given none. */
  readonly permit: { readonly [V in RuledVerb]?: Permit }
  readonly rules: readonly Rule[]
}

/** The rules in the order in which they speak: by layer, within one as written. */
export const inOrder = ({ rules }: RuleSet): readonly Rule[] => rules.toSorted((a, b) => rank(a) - rank(b))

const rank = ({ kind }: Rule): number => LAYERS.indexOf(LAYER_OF[kind])
