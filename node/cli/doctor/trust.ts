import type { KeyObject } from 'node:crypto'
import type { Credential } from '../../../src/policy/certificate.ts'
import type { Config } from '../../config/schema.ts'
import { IdentityError, loadIdentity } from '../../identity/identity.ts'
import { withGenesis } from '../../trust/swarm-config.ts'
import { TrustError } from '../../trust/trust-error.ts'
import { readCredential, readGenesis, readRevocations } from '../../trust/trust-files.ts'
import { duration } from '../output.ts'
import { type Finding, fail, ok, warn } from './check.ts'

const NAME = 'trust'
const JOIN = 'get a bundle from the authority, and run: skein init --join BUNDLE'
const RENEW = 'skein ca renew at the authority, then here: skein init --join BUNDLE'

/** Whether the swarm is closed; and if so, whether this node has what lets it in, and for how long. */
export async function checkTrust(
  config: Config,
  nowMs: number,
  dataKey: KeyObject | null = null,
): Promise<Finding> {
  const { dataDir, swarm, closed } = config
  try {
    const genesis = await readGenesis(dataDir)
    if (genesis === null && closed)
      return fail(NAME, 'no closed swarm, and the configuration allows no other (closed: true)', JOIN)
    if (genesis === null) {
      const detail = `open swarm '${swarm}': whoever reaches it and knows its name is let in`
      return warn(
        NAME,
        detail,
        'to close it: skein ca init, skein ca issue, then here skein init --join BUNDLE',
      )
    }
    withGenesis(config, genesis)
    const { agent } = await loadIdentity(dataDir, dataKey)
    const own = await readCredential(dataDir, genesis, agent)
    const list = await readRevocations(dataDir, genesis)
    const out = list?.revocations.find(
      entry => entry.agent === agent && own.certificate.serial <= entry.serial,
    )
    if (out !== undefined)
      return fail(NAME, `certificate ${out.serial} was revoked: ${out.reason}`, 'have a new one issued')
    return datesOf(own, genesis.swarm, nowMs)
  } catch (error) {
    if (!(error instanceof TrustError || error instanceof IdentityError)) throw error
    const { message, advice } = error
    return fail(NAME, message.replace(`. ${advice}`, ''), advice)
  }
}

function datesOf({ certificate }: Credential, swarm: string, nowMs: number): Finding {
  const { serial, notBeforeMs, notAfterMs } = certificate
  const leftMs = notAfterMs - nowMs
  const head = `member of '${swarm}', certificate ${serial}`
  if (leftMs < 0) return fail(NAME, `${head} ended ${duration(-leftMs)} ago`, RENEW)
  if (nowMs < notBeforeMs)
    return warn(NAME, `${head} begins in ${duration(notBeforeMs - nowMs)}`, 'check the clock of this machine')
  const detail = `${head} ends in ${duration(leftMs)}`
  return leftMs * 3 < notAfterMs - notBeforeMs ? warn(NAME, detail, RENEW) : ok(NAME, detail)
}
