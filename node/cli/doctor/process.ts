import type { Config } from '../../config/index.ts'
import { type Finding, ok, warn } from './check.ts'

/** Files a node needs besides two per connection: LevelDB, logs, streams of its API. */
const OTHER_FILES = 320

/** The Node it runs on. An older one does not come this far. */
export function checkNode(): Finding {
  return ok('node', `${process.versions.node}, ${process.platform} ${process.arch}`)
}

/** Whether as many files may be open as there may be connections. */
export function checkOpenFiles({ connections }: Pick<Config, 'connections'>): Finding {
  const needed = connections.max * 2 + OTHER_FILES
  const limit = openFilesLimit()
  if (limit === null) return ok('open files', 'the limit can not be read here')
  const detail = `${limit} allowed, up to ${needed} needed`
  if (limit >= needed) return ok('open files', detail)
  return warn(
    'open files',
    detail,
    `ulimit -n ${needed}, or LimitNOFILE= in the unit; or lower connections.max`,
  )
}

function openFilesLimit(): number | null {
  // Else the report looks up the name of every address that this process talks to.
  Object.assign(process.report, { excludeNetwork: true })
  const report = process.report.getReport() as { readonly userLimits?: { open_files?: { soft?: unknown } } }
  const soft = report.userLimits?.open_files?.soft
  if (soft === 'unlimited') return Number.MAX_SAFE_INTEGER
  return typeof soft === 'number' || typeof soft === 'string' ? Number(soft) : null
}
