import { METRIC_PROFILES, type MetricDefinition, type MetricProfile } from './define.ts'

/** A profile shows its own metrics and those of the smaller ones. */
export const shownIn = (definition: Pick<MetricDefinition, 'profile'>, profile: MetricProfile): boolean =>
  METRIC_PROFILES.indexOf(definition.profile) <= METRIC_PROFILES.indexOf(profile)
