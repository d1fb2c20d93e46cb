import { join } from 'node:path'
import type { VehicleOrder } from '../src/agent/vehicle.ts'
import type { HashedEvent } from '../src/eventlog/event.ts'
import { DEFAULT_RULES } from '../src/policy/rules/default-rules.ts'
import type { AgentId } from '../src/ports.ts'
import { checkFix, FixRefusedError } from '../src/vehicle/fix-check.ts'
import { tokensFileOf } from './api/guard/token-file.ts'
import type { ApiOptions } from './api/interface.ts'
import { startApi } from './api/server.ts'
import { Closers } from './closers.ts'
import { CommandDesk } from './commands/command-desk.ts'
import { readRules } from './commands/rules-file.ts'
import type { Config } from './config/schema.ts'
import { type NodeData, openData } from './data.ts'
import { keepPeerBook, readPeerBook } from './host/peer-book.ts'
import type { SkeinNode } from './interface.ts'
import type { Logger } from './log.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import { systemNow } from './runtime/clock.ts'
import { systemRandom } from './runtime/random.ts'
import type { Runtime } from './runtime/runtime.ts'
import { createSwarm } from './runtime/swarm.ts'
import { exportLog, readEvents } from './store/read-log.ts'
import { joinedConfig } from './trust/swarm-config.ts'
import { openTrustDesk } from './trust/trust-desk.ts'
import { createVehicle } from './vehicles/create.ts'
import { HttpVehicle } from './vehicles/http.ts'
import type { VehicleLink } from './vehicles/interface.ts'
import { VERSION } from './version.ts'
import { createViews, type Views } from './views/views.ts'

/** Speed over ground of a vehicle that is sent somewhere and has no speed of its own. */
const GOTO_MPS = 10
/** How long a stopping node waits for its last events to reach the disk. */
const STOP_WITHIN_MS = 5_000

export interface NodeOptions {
  readonly log: Logger
  /** Aborts the start; a node that runs is ended by `stop`. */
  readonly signal?: AbortSignal
  /** Fail when the API's port is taken, instead of trying the next ones. @default false */
  readonly strictApiPort?: boolean
  /** Where a port to listen on is taken, take the next free one above it, instead of failing. @default false */
  readonly moveListenPorts?: boolean
  /** Let a store that LevelDB can't open be copied aside and repaired as far as it goes. @default false */
  readonly repair?: boolean
  /** A vehicle of the caller's own, in place of the one that the configuration names. */
  readonly vehicle?: VehicleLink
  /** GeoJSON drawn under the live map. */
  readonly baseMap?: Uint8Array
  /** An assertion of the core failed: the node has stopped acting, whoever runs it should end the process. */
  readonly onFatal?: (error: Error) => void
}

/** A node that runs in this process. */
export interface RunningNode extends SkeinNode {
  /** Cuts this node off from these peers and no others: how the demo and the tests split a swarm. */
  block(agents: readonly AgentId[]): Promise<void>
}

/**
 * Opens the data directory, joins the swarm, starts the vehicle and serves the API; resolves when all of it works.
 * Whatever fails, nothing is left running. Throws the error classes of the parts, each with a `code`.
 */
export async function createNode(config: Config, options: NodeOptions): Promise<RunningNode> {
  const closers = new Closers()
  try {
    return await start(config, options, closers)
  } catch (error) {
    await closers.close().catch(() => {})
    throw error
  }
}

async function start(given: Config, options: NodeOptions, closers: Closers): Promise<RunningNode> {
  const { log } = options
  const { config, genesis } = await joinedConfig(given, log)
  const signal = options.signal ?? new AbortController().signal
  const vehicle =
    options.vehicle ?? createVehicle(config.vehicle, { now: systemNow, random: systemRandom(), log })
  const rules = config.rulesFile === null ? DEFAULT_RULES : readRules(config.rulesFile)
  const repair = options.repair ?? false
  const facts = vehicle.facts
  const data = await openData(config, { log, signal, repair, genesis, rules, vehicle: facts }, closers)
  signal.throwIfAborted()
  const { agent } = data
  const listeners = new Set<(event: HashedEvent) => void>()
  let apiUrl = ''
  const metrics = nodeMetrics(config, data, () => views)
  closers.add(() => metrics.stop())
  const bookFile = join(config.dataDir, 'peers.json')
  const { runtime, network } = await createSwarm({
    ...data,
    config,
    booked: await readPeerBook(bookFile),
    metrics,
    log,
    movePorts: options.moveListenPorts ?? false,
    now: systemNow,
    random: () => systemRandom().float(),
    viewFrame: () => views.mapFrame(),
    onEvent: event => {
      for (const listener of listeners) tell(listener, event, log)
    },
    actuate: (order, reason) => obey(vehicle, order, reason, log),
    onAnswer: ack => commands.answered(ack),
    onFatal: error => {
      log.fatal({ err: error }, 'an assertion of the core failed: this node acts no more')
      options.onFatal?.(error)
    },
  })
  const commands = new CommandDesk(agent, runtime, () =>
    [...views.peers(), ...views.neighbors()].map(known => known.agent),
  )
  const desk = openTrustDesk({
    dataDir: config.dataDir,
    genesis,
    agent,
    runtime,
    log,
    onRenewed: () => network.keeper.retryAll(),
  })
  closers.add(() => desk.stop())
  const views: Views = createViews({
    config,
    network,
    vehicle,
    ...data,
    startedAt: new Date(),
    api: () => apiUrl,
  })
  // In the order of closing, from the last: goodbye, the last event, then the doors.
  closers.add(() => network.stop())
  await network.start()
  runtime.step({ t: 'start', data: { version: VERSION, name: config.name, role: config.role } })
  closers.add(() => runtime.stop('asked to', AbortSignal.timeout(STOP_WITHIN_MS)))
  closers.add(() => network.leave('the node stops'))
  closers.add(keepPeerBook(bookFile, () => network.keeper.known()))
  closers.add(() => vehicle.stop())
  await fly(vehicle, { runtime, metrics, log, signal })
  const node: RunningNode = {
    agent: agent.config.agent,
    status: () => views.status(),
    peers: () => views.peers(),
    neighbors: () => views.neighbors(),
    postFix: fix => httpVehicle(vehicle).post(fix),
    note: draft => runtime.note(draft),
    readLog: (fromSeq, readOptions) => readEvents(data.store, fromSeq, readOptions),
    exportLog: (fromSeq, exportOptions) => exportLog(data.store, { ...exportOptions, fromSeq }),
    onEvent(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    mapFrame: () => views.mapFrame(),
    mapFramesOf: (other, hz, viewSignal) => network.viewOf(other, hz, viewSignal),
    trust: () => desk.view(),
    revoke: list => desk.revoke(list),
    command: (request, commandSignal) => commands.command(request, commandSignal),
    metrics: () => metrics.text(),
    block: agents => network.block(agents),
    stop: () => closers.close(),
  }
  const api = await startApi(node, apiOptions(config, options, metrics))
  apiUrl = api.url
  closers.add(() => api.close())
  return node
}

function nodeMetrics(config: Config, { agent, faults }: NodeData, views: () => Views): Metrics {
  const metrics = createMetrics({
    profile: config.metrics.profile,
    source: { snapshot: () => views().snapshot(), worldAgeMs: () => agent.worldModelAgeMs(systemNow()) },
    info: { version: VERSION, nodeName: config.name, role: config.role, swarm: config.swarm },
    // Between two reports of a neighbour that flies as expected the world model is not stale.
    staleAfterMs: 1500 / config.position.floorHz,
  })
  for (const { fault } of faults) metrics.inc('skein_eventlog_verification_failures_total', { kind: fault })
  return metrics
}

/** Gives the vehicle an order of the core's, if it takes any. */
function obey(vehicle: VehicleLink, order: VehicleOrder, reason: string, log: Logger): void {
  const { verb } = order
  if (vehicle.command === undefined) {
    log.error(
      { verb, reason, vehicle: vehicle.kind },
      'the vehicle takes no orders: whoever flies it must act',
    )
    return
  }
  log.warn({ verb, reason }, 'the vehicle was given an order')
  if (order.verb !== 'goto') vehicle.command({ t: order.verb })
  else
    vehicle.command({ t: 'goto', to: order.point, speedMps: vehicle.facts?.endurance?.cruiseMps ?? GOTO_MPS })
}

/** A listener is somebody else's code: what it throws is its own trouble, not the log's. */
function tell(listener: (event: HashedEvent) => void, event: HashedEvent, log: Logger): void {
  try {
    listener(event)
  } catch (error) {
    log.error({ err: error, seq: event.event.seq }, 'a listener for events threw')
  }
}

interface FlightParts {
  readonly runtime: Runtime
  readonly metrics: Metrics
  readonly log: Logger
  readonly signal: AbortSignal
}

/** Feeds the vehicle's fixes to the agent, those that can be true, and logs when it changes what it does. */
async function fly(vehicle: VehicleLink, { runtime, metrics, log, signal }: FlightParts): Promise<void> {
  let phase = vehicle.phase()
  let refusedBefore: string | null = null
  await vehicle.start(fix => {
    const refused = checkFix(fix, null, null, systemNow())
    if (refused !== null) {
      metrics.inc('skein_vehicle_fixes_refused_total', { reason: refused.code })
      if (refused.code !== refusedBefore)
        log.warn({ code: refused.code, field: refused.field }, refused.message)
      refusedBefore = refused.code
      return
    }
    refusedBefore = null
    runtime.step({ t: 'fix', fix })
    const next = vehicle.phase()
    if (next === phase) return
    runtime.step({
      t: 'note',
      draft: { type: 'vehicle.phase', subject: '', data: { from: phase, to: next } },
    })
    phase = next
  }, signal)
}

function httpVehicle(vehicle: VehicleLink): HttpVehicle {
  if (vehicle instanceof HttpVehicle) return vehicle
  const remedy = `this node's vehicle is '${vehicle.kind}': run it with --vehicle http to post positions`
  throw new FixRefusedError('not-running', null, remedy)
}

function apiOptions({ api, dataDir, vehicle }: Config, options: NodeOptions, metrics: Metrics): ApiOptions {
  return {
    host: api.host,
    port: api.port,
    strictPort: options.strictApiPort ?? false,
    ...(api.socket === null ? {} : { socket: api.socket }),
    ...(api.open === null ? {} : { open: api.open }),
    ...(api.tokenFile === null ? {} : { tokenFile: api.tokenFile }),
    tokensFile: tokensFileOf(dataDir),
    allowedHosts: api.allowedHosts,
    ...(vehicle.geoidUndulationM === null ? {} : { geoidOffsetM: vehicle.geoidUndulationM }),
    ...(options.baseMap === undefined ? {} : { baseMap: options.baseMap }),
    log: options.log,
    metrics,
  }
}
