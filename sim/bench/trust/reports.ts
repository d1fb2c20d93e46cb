import { sealAck, sealCommand } from '../../../protocols/command/codec.ts'
import { agentIdOf } from '../../../protocols/identity/agent-id.ts'
import { sha256 } from '../../../protocols/identity/ed25519.ts'
import { sealHead } from '../../../protocols/trust/head.ts'
import { type Agent, createAgent } from '../../../src/agent/agent.ts'
import { DEFAULT_AGENT_CONFIG } from '../../../src/agent/config.ts'
import type { TrustPort } from '../../../src/agent/trust-port.ts'
import { createRecovery } from '../../../src/eventlog/recover.ts'
import { cellOf } from '../../../src/geo/cells.ts'
import type { SignedPosition } from '../../../src/position/position.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { createRandom } from '../../kernel/random.ts'
import { fakeSigner } from '../../signer.ts'
import { credentialBytes, genesis, open } from './members.ts'

const AUTHORS = 50
const T0_MS = Date.now()
const AT = { latE7: 473_769_000, lonE7: 85_417_000 }
const FROM = 'peer'

/** CPU that an agent takes to judge one fresh report of fifty authors, ns. `closed`: it knows their certificates. */
export function measureReports(closed: boolean, count: number): number {
  const authors = Array.from({ length: AUTHORS }, (_, i) => fakeSigner(i + 2).publicKey)
  const agent = newAgent(closed, authors)
  const reports = Array.from({ length: count }, (_, i) =>
    reportOf(agentIdOf(authors[i % AUTHORS] ?? new Uint8Array()), i),
  )
  for (const report of reports.slice(0, count / 5)) hear(agent, report)
  const before = process.cpuUsage()
  for (const report of reports.slice(count / 5)) hear(agent, report)
  const { user, system } = process.cpuUsage(before)
  const taken = agent.counters.positionsAccepted
  if (taken !== count) throw new Error(`the agent took ${taken} of ${count} reports`)
  return ((user + system) * 1000) / (count * 0.8)
}

function hear(agent: Agent, signed: SignedPosition): void {
  const ms = signed.position.hlc / 1024 - T0_MS
  agent.step({ t: 'position', from: FROM, signed }, { monoUs: ms * 1000 + 1_000, wallMs: T0_MS + ms })
}

function newAgent(closed: boolean, authors: readonly Uint8Array[]): Agent {
  const signer = fakeSigner(1)
  const id = agentIdOf(signer.publicKey)
  const recovery = createRecovery({ author: id, boot: 1, signer, hlc: 0 })
  while (recovery.range !== null) recovery.rangeEnd()
  const trust: TrustPort | undefined = closed ? trustOf(signer.publicKey, signer.sign) : undefined
  const config = { ...DEFAULT_AGENT_CONFIG, agent: id, boot: 1 }
  const agent = createAgent(config, { random: createRandom(1), signer, trust }, recovery.result())
  if (!closed) return agent
  for (const [i, publicKey] of authors.entries()) {
    const credential = open(credentialBytes(publicKey, i + 2))
    const shown = { opened: { credential }, boot: 1, instance: 'a', epoch: 0 }
    agent.step({ t: 'hello', peer: agentIdOf(publicKey), shown }, { monoUs: 0, wallMs: T0_MS })
  }
  return agent
}

function trustOf(publicKey: Uint8Array, sign: (bytes: Uint8Array) => Uint8Array): TrustPort {
  return {
    genesis,
    own: open(credentialBytes(publicKey, 1)),
    revocations: null,
    sealHead: head => sealHead(head, genesis.swarm, sign),
    sealCommand: command => sealCommand(command, genesis.swarm, sign),
    sealAck: ack => sealAck(ack, genesis.swarm, sign),
    recall: { revocations: () => null, head: () => null },
  }
}

function reportOf(agent: string, i: number): SignedPosition {
  const position = {
    ...AT,
    agent,
    boot: 1,
    seq: i + 1,
    hlc: hlcOfMs(T0_MS + i),
    validMs: 3_000,
    altMm: 500_000,
    heightDm: null,
    vnCms: 0,
    veCms: 0,
    vdCms: 0,
    headingCdeg: null,
    accHDm: null,
    accVDm: null,
    status: 'Airborne' as const,
    batteryPct: 80,
    intent: null,
    tokens: [],
  }
  return {
    position,
    cell: cellOf(AT.latE7, AT.lonE7, DEFAULT_AGENT_CONFIG.cellResolution),
    bytes: sha256(Uint8Array.of(i & 255, (i >> 8) & 255)),
  }
}
