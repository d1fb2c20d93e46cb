/** Seconds in which a node's world model was older than one and a half reports, from its metrics. */
export function staleness(metrics: string): number {
  const seconds = /^skein_world_model_stale_seconds_total (\S+)$/m.exec(metrics)?.[1]
  if (seconds === undefined) throw new Error('the node has no skein_world_model_stale_seconds_total')
  return Number(seconds)
}
