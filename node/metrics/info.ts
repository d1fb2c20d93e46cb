import { Gauge, type Registry } from 'prom-client'
import type { MetricsInfo } from './metrics.ts'

/** Always 1; what is said is in the labels, which never change while the process runs. */
export const INFO_HELP = {
  skein_build_info: 'Version of the program.',
  skein_node_info: 'Name, role and swarm of this node.',
} as const

export function registerInfo(registry: Registry, info: MetricsInfo): void {
  const registers = [registry]
  const build = new Gauge({
    name: 'skein_build_info',
    help: INFO_HELP.skein_build_info,
    labelNames: ['version'],
    registers,
  })
  build.set({ version: info.version }, 1)
  const node = new Gauge({
    name: 'skein_node_info',
    help: INFO_HELP.skein_node_info,
    labelNames: ['node_name', 'role', 'swarm'],
    registers,
  })
  node.set({ node_name: info.nodeName, role: info.role, swarm: info.swarm }, 1)
}
