import { ed25519Signer } from '../protocols/identity/ed25519.ts'
import { type Agent, createAgent } from '../src/agent/agent.ts'
import type { VehicleFacts } from '../src/agent/vehicle.ts'
import type { Fault } from '../src/eventlog/fault.ts'
import { numberOfKey, rangeOf } from '../src/eventlog/keys.ts'
import type { Genesis } from '../src/policy/genesis.ts'
import type { RuleSet } from '../src/policy/rules/rule-set.ts'
import type { Signer } from '../src/ports.ts'
import { hlcOfMs } from '../src/time/hlc.ts'
import { agentConfigOf } from './agent-config.ts'
import type { Closers } from './closers.ts'
import type { Config } from './config/schema.ts'
import { type Identity, loadOrCreateIdentity } from './identity/identity.ts'
import type { Logger } from './log.ts'
import { systemNow } from './runtime/clock.ts'
import { systemRandom } from './runtime/random.ts'
import { writeBoot } from './store/boot-counter.ts'
import { openStore, type Store } from './store/index.ts'
import { recoverStore } from './store/recover-store.ts'
import { retainLog } from './store/retain.ts'
import { readPsk } from './store/sealed/sealed-psk.ts'
import { unlockData } from './store/sealed/unlock.ts'
import { openTrust } from './trust/trust-port.ts'

const RETAIN_INTERVAL_MS = 600_000
const WITNESS_INTERVAL_MS = 60_000
const DAY_MS = 86_400_000

/** What a node keeps on disk, opened and verified, and the agent that goes on from there. */
export interface NodeData {
  readonly agent: Agent
  readonly identity: Identity
  readonly signer: Signer
  /** The pre-shared key of the network; null = none. */
  readonly psk: Uint8Array | null
  readonly store: Store
  /** The swarm's founding record; null = an open swarm. */
  readonly genesis: Genesis | null
  /** Damage that was found in the log, and mended or set aside. */
  readonly faults: readonly Fault[]
}

interface DataOptions {
  readonly log: Logger
  readonly signal: AbortSignal
  readonly repair: boolean
  readonly genesis: Genesis | null
  /** @default DEFAULT_RULES */
  readonly rules?: RuleSet
  readonly vehicle?: VehicleFacts | undefined
}

/** Opens the data directory. Throws IdentityError, TrustError, StoreError or UnsupportedVersionError: each says what to do. */
export async function openData(config: Config, options: DataOptions, closers: Closers): Promise<NodeData> {
  const { log, signal, repair, genesis, rules, vehicle } = options
  const reserveBytes = config.eventLog.reserveMiB * 1024 * 1024
  const key = await unlockData(config.dataDir, config.dataKey)
  const store = await openStore(config.dataDir, { signal, reserveBytes, repair, key })
  closers.add(() => store.close())
  const { identity, created } = await loadOrCreateIdentity(config.dataDir, key)
  const psk = config.pskFile === null ? null : await readPsk(config.pskFile, key)
  if (created) log.info({ agent: identity.agent }, 'made a new identity')
  const signer = ed25519Signer(identity.seed)
  const hlc = hlcOfMs(systemNow().wallMs)
  const { boot, recovered } = await recoverStore(store, { author: identity.agent, signer, hlc, signal })
  for (const fault of recovered.faults) log.warn({ ...fault }, 'the event log was damaged')
  const trust = genesis === null ? undefined : await openTrust(config, genesis, identity, signer)
  const agent = createAgent(
    agentConfigOf(config, identity.agent, boot),
    { random: systemRandom(), signer, trust, rules, vehicle },
    recovered,
  )
  closers.add(keepWitness(store, agent, boot, log))
  closers.add(keepWithinBounds(config, store, log))
  return { agent, identity, signer, psk, store, genesis, faults: recovered.faults }
}

/**
 * Notes outside the log how far it reached, now and then and at the end, so that a log whose end was lost is
 * noticed at the next start. Returns how to end it.
 */
function keepWitness(store: Store, agent: Agent, boot: number, log: Logger): () => Promise<void> {
  const write = (): Promise<void> => writeBoot(store.dir, { boot, logSeq: agent.journal.log.durableHead.seq })
  const timer = setInterval(() => {
    write().catch((error: Error) => log.error({ err: error }, 'how far the log reached could not be noted'))
  }, WITNESS_INTERVAL_MS)
  return async () => {
    clearInterval(timer)
    await write()
  }
}

/**
 * Lets go of the oldest events: now, since a node that restarts often would never come to it, and then every so
 * often. Returns how to end it.
 */
function keepWithinBounds(config: Config, store: Store, log: Logger): () => Promise<void> {
  const stopping = new AbortController()
  const { maxMiB, maxAgeDays } = config.eventLog
  const policy = { bytesMax: maxMiB * 1024 * 1024, ageMsMax: maxAgeDays * DAY_MS }
  const retain = async (): Promise<void> => {
    try {
      const bounds = { snapshotSeq: await oldestSnapshot(store), keepFromSeq: Number.MAX_SAFE_INTEGER }
      await retainLog(store, policy, bounds, stopping.signal)
    } catch (err) {
      if (!stopping.signal.aborted) log.error({ err }, 'the oldest events could not be dropped')
    }
  }
  let retaining = retain()
  const timer = setInterval(() => {
    retaining = retaining.then(retain)
  }, RETAIN_INTERVAL_MS)
  return async () => {
    clearInterval(timer)
    stopping.abort()
    await retaining
  }
}

async function oldestSnapshot(store: Store): Promise<number | null> {
  for await (const [first] of store.iterate(rangeOf('snapshot'), { limit: 1 })) {
    return first === undefined ? null : numberOfKey('snapshot', first[0])
  }
  return null
}
