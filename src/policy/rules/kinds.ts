import { distanceM } from '../../geo/wgs84.ts'
import { bandText, meetsBand, metres } from './altitude.ts'
import type { Command, RuledVerb } from './command.ts'
import { fenceText, keepsFence, pointOf, type Way } from './fence.ts'
import { agreeing } from './quorum.ts'
import type { Rule, RuleOf, RuleSet } from './rule-set.ts'
import type { AirPoint, Point, Situation, ZoneInForce } from './situation.ts'

/**
 * How a rule of one kind judges. Whatever compares says when the rule is kept and objects to all else, so that NaN,
 * or a field that is missing altogether, is never taken for leave.
 */
interface Kind<R extends Rule> {
  /** What it refuses unless the rule names verbs of its own. */
  readonly verbs: readonly RuledVerb[]
  /** Why the command must not be carried out, for a person; null = no objection. Not known is an objection. */
  objects(rule: R, command: Command, situation: Situation, rules: RuleSet): string | null
  /**
   * How a vehicle in the air is breaking the rule right now; null = it isn't, or that isn't known. What is not
   * known refuses a command, but must not pull a vehicle out of the sky.
   */
  broken(rule: R, situation: Situation): string | null
}

const MOVING: readonly RuledVerb[] = ['start', 'goto']
const NO_FIX = 'the vehicle does not know where it is'

const KINDS: { readonly [K in Rule['kind']]: Kind<RuleOf<K>> } = {
  collision: {
    verbs: MOVING,
    objects: (_, __, { avoiding }) => {
      if (avoiding === false) return null
      return avoiding === true
        ? 'a collision is being avoided; ask again when it is over'
        : 'whether a collision is being avoided is not known'
    },
    broken: (_, { avoiding }) => (avoiding === true ? 'a collision is being avoided' : null),
  },

  'geo-zones': {
    verbs: MOVING,
    objects: (_, { target }, { zones, status }) => {
      if (zones === null) return 'the geo-zones here are not known; load zone data'
      // A vehicle in the air may always leave the zone it is in; on the ground it stays there.
      const isHereMeant = target === null || status !== 'airborne'
      const zone = zones.find(
        zone => (zone.ahead !== false || (zone.here !== false && isHereMeant)) && isClosed(zone),
      )
      return zone === undefined ? null : zoneText(zone)
    },
    broken: (_, { zones }) => {
      const zone = zones?.find(zone => zone.here && isClosed(zone))
      return zone === undefined ? null : zoneText(zone)
    },
  },

  geofence: {
    verbs: MOVING,
    objects: (rule, { target }, { own, status }) => {
      if (own === null) return NO_FIX
      const here = pointOf('the vehicle', own)
      const way =
        target === null ? here : wayTo(target, own, status === 'airborne' && keepsFence(rule, here) === false)
      return keepsFence(rule, way) === true ? null : fenceText(rule, way)
    },
    broken: (rule, { own }) => {
      const here = own === null ? null : pointOf('the vehicle', own)
      return here !== null && keepsFence(rule, here) === false ? fenceText(rule, here) : null
    },
  },

  altitude: {
    verbs: MOVING,
    objects: (rule, { target }) =>
      target === null || meetsBand(rule, target, target) === true
        ? null
        : bandText(rule, target, 'the target'),
    broken: (rule, { own }) =>
      own !== null && meetsBand(rule, own, own) === false ? bandText(rule, own, 'the vehicle') : null,
  },

  range: {
    verbs: MOVING,
    objects: (rule, { target }, { own, home }) => {
      const end = target ?? own
      if (end === null) return NO_FIX
      if (home === null) return 'the place of home is not known'
      const farMm = apartMm(end, home)
      return farMm <= rule.maxMm ? null : rangeText(farMm, rule.maxMm)
    },
    broken: (rule, { own, home }) => {
      const farMm = own === null || home === null ? 0 : apartMm(own, home)
      return farMm > rule.maxMm ? rangeText(farMm, rule.maxMm) : null
    },
  },

  people: {
    verbs: ['kill'],
    objects: ({ unlessIssuers }, { issuers }, { peopleBelow, status }, { quorumMs }) => {
      if (status === 'ground' || peopleBelow === false) return null
      const agreed = agreeing(issuers, quorumMs)
      if (unlessIssuers !== undefined && agreed >= unlessIssuers) return null
      const who =
        peopleBelow === true ? 'there are people below' : 'whether there are people below is not known'
      const unless =
        unlessIssuers === undefined ? '' : `; it takes ${unlessIssuers} issuers, ${agreed} agreed`
      return `${who}${unless}`
    },
    broken: () => null,
  },

  energy: {
    verbs: MOVING,
    objects: ({ reservePct }, { target }, { energy }) => {
      const { batteryPct } = energy
      const needPct = target === null ? energy.returnPct : energy.targetPct
      if (batteryPct === null) return 'what is left in the battery is not known'
      if (needPct === null) return 'how much energy the way and the return take is not known'
      if (batteryPct - needPct >= reservePct) return null
      return energyText(batteryPct, `the way and the return take ${needPct} %`, reservePct)
    },
    broken: ({ reservePct }, { energy: { batteryPct, returnPct } }) => {
      const isShort = batteryPct !== null && batteryPct - (returnPct ?? 0) < reservePct
      const need = returnPct === null ? 'the return is not even counted' : `the return takes ${returnPct} %`
      return isShort ? energyText(batteryPct, need, reservePct) : null
    },
  },

  link: {
    verbs: ['start'],
    objects: ({ silentMaxMs }, _, { linkSilentMs }) => {
      if (linkSilentMs === null) return 'whether the link is up is not known'
      return linkSilentMs <= silentMaxMs ? null : silentText(linkSilentMs, silentMaxMs)
    },
    broken: ({ silentMaxMs }, { linkSilentMs }) =>
      linkSilentMs !== null && linkSilentMs > silentMaxMs ? silentText(linkSilentMs, silentMaxMs) : null,
  },
}

/** The kind that a rule is of. */
export const kindOf = (rule: Rule): Kind<Rule> => KINDS[rule.kind] as Kind<Rule>

/** Who flies on the wrong side of a fence may fly to the right one: then only the target counts. */
const wayTo = (target: AirPoint, own: AirPoint, isWayBack: boolean): Way =>
  isWayBack ? pointOf('the target', target) : { what: 'the way to the target', from: own, to: target }

const isClosed = ({ restriction, authorised }: ZoneInForce): boolean =>
  restriction === 'PROHIBITED' || (restriction !== 'NO_RESTRICTION' && authorised !== true)

const zoneText = ({ id, restriction }: ZoneInForce): string =>
  restriction === 'PROHIBITED'
    ? `geo-zone ${id} is prohibited`
    : `geo-zone ${id} takes an authorisation that this flight does not hold (${restriction})`

const apartMm = (a: Point, b: Point): number =>
  Math.round(distanceM(a.latE7, a.lonE7, b.latE7, b.lonE7) * 1000)

const rangeText = (farMm: number, maxMm: number): string =>
  `${metres(farMm)} from home is too far; at most ${metres(maxMm)}`

const energyText = (batteryPct: number, need: string, reservePct: number): string =>
  `the battery has ${batteryPct} % and ${need}: less than the ${reservePct} % to keep would be left`

const silentText = (silentMs: number, maxMs: number): string =>
  `nobody was heard for ${Math.round(silentMs / 1000)} s; at most ${Math.round(maxMs / 1000)} s`
