import { sha256, verifyEd25519 } from '../../protocols/identity/ed25519.ts'
import { KeyDirectory } from '../../protocols/identity/key-directory.ts'
import { createOpener, createSealer, type Refusal } from '../../protocols/position/sealing.ts'
import { positionTopic } from '../../protocols/position/topic.ts'
import { encodeSync } from '../../protocols/sync/codec.ts'
import type { Agent } from '../../src/agent/agent.ts'
import type { VerdictReason } from '../../src/agent/interface.ts'
import type { VehicleOrder } from '../../src/agent/vehicle.ts'
import type { HashedEvent } from '../../src/eventlog/event.ts'
import type { Genesis } from '../../src/policy/genesis.ts'
import type { CommandAck } from '../../src/policy/signed-command.ts'
import type { AgentId, Now, Signer } from '../../src/ports.ts'
import { hlcMs } from '../../src/time/hlc.ts'
import type { Config } from '../config/schema.ts'
import { createNetwork, type Network } from '../host/network.ts'
import type { BookedPeer } from '../host/peer-book.ts'
import type { Identity } from '../identity/identity.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { refusalLabel } from '../metrics/trust.ts'
import type { Store } from '../store/index.ts'
import { closedAdmission, openAdmission } from '../trust/admission.ts'
import { createIntake } from './intake.ts'
import { Runtime } from './runtime.ts'
import { createSyncIntake } from './sync-intake.ts'

export interface SwarmParts {
  readonly config: Config
  readonly agent: Agent
  readonly identity: Identity
  readonly signer: Signer
  readonly store: Store
  readonly psk: Uint8Array | null
  readonly genesis: Genesis | null
  readonly booked: readonly BookedPeer[]
  readonly metrics: Metrics
  readonly log: Logger
  /** Where a port to listen on is taken, take the next free one above it. */
  readonly movePorts: boolean
  readonly now: () => Now
  readonly random: () => number
  readonly viewFrame: () => Uint8Array
  readonly onEvent: (event: HashedEvent) => void
  /** Gives the vehicle an order that goes before all others. */
  readonly actuate: (order: VehicleOrder, reason: string) => void
  readonly onAnswer: (ack: CommandAck) => void
  readonly onFatal: (error: Error) => void
}

/** An agent with its way to disk and swarm; nothing is open yet until `network.start`. */
export interface Swarm {
  readonly runtime: Runtime
  readonly network: Network
}

/** Connects the agent core with the network and the store: bytes become inputs, effects become bytes. */
export async function createSwarm(parts: SwarmParts): Promise<Swarm> {
  const { config, agent, signer, metrics, genesis } = parts
  const directory = new KeyDirectory(sha256)
  const open = createOpener({
    swarm: config.swarm,
    directory,
    verify: verifyEd25519,
    cellResolution: config.gossip.cellResolution,
  })
  const seal = createSealer(config.swarm, signer, directory)
  const runtime: Runtime = new Runtime(agent, {
    now: parts.now,
    write: timedWrite(parts.store, metrics),
    seal,
    publish: ({ cell, bytes }) => network.gossip.publish(positionTopic(cell), bytes),
    subscribe: cell => network.gossip.subscribe(positionTopic(cell)),
    unsubscribe: cell => network.gossip.unsubscribe(positionTopic(cell)),
    send: (to, message) => {
      const frame = encodeSync(message, directory)
      metrics.inc('skein_sync_bytes_total', { direction: 'out' }, frame.byteLength)
      void network.sync.send(to, frame)
    },
    expel: (peer, reason) => {
      parts.log.warn({ peer, reason }, 'peer expelled')
      network.links.expel(peer, reason)
    },
    actuate: parts.actuate,
    onAnswer: parts.onAnswer,
    onEvent: event => {
      const durableAfterMs = agent.clock.read(parts.now()) - hlcMs(event.event.hlc)
      metrics.observe('skein_eventlog_append_duration_seconds', {}, Math.max(0, durableAfterMs) / 1000)
      parts.onEvent(event)
    },
    onFatal: parts.onFatal,
  })
  const intake = createIntake({
    open,
    runtime,
    hears: (author, from) => network.guard.hears(author, from),
    onFresh: stamp => {
      const delayMs = agent.clock.read(parts.now()) - hlcMs(stamp)
      metrics.observe('skein_gossip_propagation_seconds', { class: 'position' }, Math.max(0, delayMs) / 1000)
    },
    onRefused: reason => countRefusal(metrics, reason),
  })
  const admission =
    genesis === null
      ? openAdmission(config.swarm)
      : closedAdmission({
          genesis,
          agent,
          now: parts.now,
          admit: (peer, shown) => runtime.admit(peer, shown),
          onRefused: reason =>
            metrics.inc('skein_admissions_refused_total', { reason: refusalLabel(reason) }),
        })
  /** Who said hello. That anyone else is gone changes nothing: the network has told why it was refused. */
  const members = new Set<AgentId>()
  const trust = genesis && { genesis, verify: verifyEd25519, hash: sha256 }
  const takeSync = createSyncIntake({
    directory,
    open,
    trust,
    step: input => void runtime.step(input),
    onRefused: (reason, from, detail) => {
      countRefusal(metrics, reason)
      if (detail !== null) parts.log.warn({ peer: from, reason: detail }, 'a sync frame was refused')
    },
  })
  const network: Network = await createNetwork({
    config,
    identity: parts.identity,
    boot: agent.config.boot,
    psk: parts.psk,
    admission,
    booked: parts.booked,
    now: parts.now,
    random: parts.random,
    ownCell: () => agent.sharing.interest.own ?? '',
    log: parts.log,
    movePorts: parts.movePorts,
    metrics,
    viewFrame: parts.viewFrame,
    onRtt: rttMs => metrics.observe('skein_peer_rtt_seconds', {}, rttMs / 1000),
    onGossip: (topic, bytes, from) => {
      const startedMs = performance.now()
      const verdict = intake(topic, bytes, from)
      metrics.observe('skein_gossip_validation_duration_seconds', {}, (performance.now() - startedMs) / 1000)
      return verdict
    },
    onSync: (from, frame) => {
      metrics.inc('skein_sync_bytes_total', { direction: 'in' }, frame.byteLength)
      takeSync(from, frame)
    },
    onPeer: (peer, up, why) => {
      if (up) members.add(peer)
      else if (!members.delete(peer)) return
      metrics.inc('skein_membership_changes_total', {
        change: up ? 'join' : why.startsWith('left') ? 'leave' : 'fail',
      })
      parts.log.info({ peer, why }, up ? 'peer joined' : 'peer gone')
      runtime.step({ t: 'peer', peer, up, why })
    },
  })
  return { runtime, network }
}

function timedWrite(store: Store, metrics: Metrics): (...args: Parameters<Store['write']>) => Promise<void> {
  return async (ops, sync) => {
    const startedMs = performance.now()
    await store.write(ops, sync)
    if (sync)
      metrics.observe('skein_eventlog_sync_duration_seconds', {}, (performance.now() - startedMs) / 1000)
  }
}

/** Late and repeated reports are counted by the agent; here is what should not have come at all. */
function countRefusal(metrics: Metrics, reason: Refusal | VerdictReason): void {
  if (reason === 'fresh' || reason === 'own' || reason === 'stale' || reason === 'expired') return
  metrics.inc('skein_gossip_messages_rejected_total', { reason })
}
