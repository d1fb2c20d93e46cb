import { type SkeinClient, UnreachableError } from '../../client/client.ts'
import { type Finding, ok, warn } from './check.ts'

/** How the node is that answers already. None is no fault: it may just not be started yet. */
export async function checkRunning(
  client: SkeinClient,
  url: string,
): Promise<{ readonly isRunning: boolean; readonly finding: Finding }> {
  try {
    const { name, checks } = await client.status()
    const failing = checks.filter(check => !check.ok)
    if (failing.length === 0) {
      return { isRunning: true, finding: ok('api', `${name} answers on ${url}, all its checks pass`) }
    }
    const faults = failing.map(check => `${check.name}: ${check.detail}`).join('; ')
    return {
      isRunning: true,
      finding: warn('api', `${name} answers on ${url}: ${faults}`, 'see: skein status'),
    }
  } catch (error) {
    if (error instanceof UnreachableError) {
      return { isRunning: false, finding: ok('api', `no node answers on ${url} (yet)`) }
    }
    const why = error instanceof Error ? error.message : String(error)
    const finding = warn('api', `what answers on ${url} refuses: ${why}`, 'give --token-file')
    return { isRunning: true, finding }
  }
}
