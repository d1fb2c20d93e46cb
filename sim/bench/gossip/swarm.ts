import { cpus } from 'node:os'
import { percentile } from '../result.ts'
import type { Stack } from './stack.ts'
import type { SwarmCommand, SwarmReport } from './swarm-node.ts'
import { startWorker } from './worker.ts'

export interface SwarmSetting {
  readonly stack: Stack
  readonly nodes: number
  readonly flushMs: number
  readonly warmUpMs: number
  readonly measureMs: number
}

export interface SwarmFigures {
  /** Delivered, of what should have been. */
  readonly deliveredShare: number
  readonly bytesPerDelivery: number
  readonly copiesPerDelivery: number
  readonly ageP50Ms: number
  readonly ageP99Ms: number
  readonly cores: number
  /** What everything else on the machine used meanwhile: far above zero, ages say little. */
  readonly othersCores: number
}

/** Every node dials these, counted from its own number: a degree of eight, and few hops from any to any. */
const DIAL_OFFSETS = [1, 2, 5, 7]

const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** A swarm of real processes, everyone publishing ten times a second to everyone. */
export async function measureSwarm(setting: SwarmSetting): Promise<SwarmFigures> {
  const { stack, nodes, flushMs, warmUpMs, measureMs } = setting
  const workers = Array.from({ length: nodes }, (_, self) =>
    startWorker<SwarmCommand, SwarmReport>('./swarm-node.ts', [stack, ...[flushMs, nodes, self].map(String)]),
  )
  const all = (command: SwarmCommand) => {
    for (const worker of workers) worker.send(command)
  }
  try {
    const addresses = await Promise.all(workers.map(async worker => (await worker.next('listening')).address))
    for (const [self, worker] of workers.entries()) {
      const peers = DIAL_OFFSETS.map(offset => addresses[(self + offset) % nodes] ?? '')
      worker.send({ t: 'dial', addresses: peers })
      await worker.next('dialled')
    }
    await sleep(2_000)
    all({ t: 'publish' })
    await sleep(warmUpMs)
    all({ t: 'begin' })
    const busyBeforeMs = busyMs()
    const beganAtMs = performance.now()
    await sleep(measureMs)
    const busyCores = (busyMs() - busyBeforeMs) / (performance.now() - beganAtMs)
    all({ t: 'end' })
    const found = await Promise.all(workers.map(worker => worker.next('measured')))
    const sum = (pick: (one: (typeof found)[number]) => number) =>
      found.reduce((total, one) => total + pick(one), 0)
    const deliveries = sum(one => one.deliveries)
    const agesMs = found.flatMap(one => one.ages)
    const cores = sum(one => one.cpuUs) / (measureMs * 1000)
    return {
      deliveredShare: deliveries / (sum(one => one.published) * (nodes - 1)),
      bytesPerDelivery: sum(one => one.bytes) / deliveries,
      copiesPerDelivery: sum(one => one.copies) / deliveries,
      ageP50Ms: percentile(agesMs, 0.5),
      ageP99Ms: percentile(agesMs, 0.99),
      cores,
      othersCores: Math.max(0, busyCores - cores),
    }
  } finally {
    await Promise.all(workers.map(worker => worker.stop()))
  }
}

/** CPU time that the whole machine has spent working. */
function busyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
}
