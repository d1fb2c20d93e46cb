/** A key that has a flag of its own; every other one is reached by `--set path=value`. */
export interface ConfigFlag {
  readonly path: string
  /** As commander writes it. */
  readonly flag: string
  readonly list?: true
}

export const CONFIG_FLAGS: readonly ConfigFlag[] = [
  { path: 'profile', flag: '--profile <profile>' },
  { path: 'name', flag: '--name <name>' },
  { path: 'role', flag: '--role <role>' },
  { path: 'swarm', flag: '--swarm <id>' },
  { path: 'dataDir', flag: '--data-dir <dir>' },
  { path: 'listen', flag: '--listen <multiaddr>', list: true },
  { path: 'announce', flag: '--announce <multiaddr>', list: true },
  { path: 'bootstrap', flag: '--bootstrap <multiaddr>', list: true },
  { path: 'mdns', flag: '--no-mdns' },
  { path: 'pskFile', flag: '--psk-file <file>' },
  { path: 'api', flag: '--api <[host:]port>' },
  { path: 'vehicle', flag: '--vehicle <vehicle>' },
  { path: 'log.level', flag: '--log-level <level>' },
  { path: 'log.format', flag: '--log-format <format>' },
]

/** `--data-dir` of `dataDir`; null for a key that has no flag. */
export function flagOf(path: string): string | null {
  return CONFIG_FLAGS.find(flag => flag.path === path)?.flag.split(' ')[0] ?? null
}
