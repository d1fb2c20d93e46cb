export { ConfigError, type Problem } from './config-error.ts'
export { explainConfig } from './explain.ts'
export { type ConfigSources, type LoadedConfig, loadConfig } from './load.ts'
export type { Config } from './schema.ts'
