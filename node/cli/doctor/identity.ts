import type { KeyObject } from 'node:crypto'
import { IdentityError, loadIdentity } from '../../identity/identity.ts'
import { type Finding, fail, ok, warn } from './check.ts'

/** Whether the agent's key is there, whole, and readable by nobody else. */
export async function checkIdentity(dataDir: string, dataKey: KeyObject | null = null): Promise<Finding> {
  try {
    const { agent } = await loadIdentity(dataDir, dataKey)
    return ok('identity', agent)
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    const { code, message, advice } = error
    const detail = message.replace(`. ${advice}`, '')
    if (code === 'IDENTITY_MISSING')
      return warn('identity', detail, 'skein init, or the first skein run, makes one')
    return fail('identity', detail, advice)
  }
}
