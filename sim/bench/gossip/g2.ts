import { type BenchOptions, type BenchResult, median } from '../result.ts'
import { measureSwarm, type SwarmFigures } from './swarm.ts'

const NODES = 16
const FLUSH_MS = 20

/** G2: bytes on the wire, and copies, per delivered signed update: real processes, ours against stock. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const [runs, warmUpMs, measureMs] = options.quick ? [1, 2_000, 3_000] : [3, 6_000, 6_000]
  const found = { stock: [] as SwarmFigures[], ours: [] as SwarmFigures[] }
  for (let round = 1; round <= runs; round++) {
    for (const stack of ['stock', 'ours'] as const) {
      const figures = await measureSwarm({ stack, nodes: NODES, flushMs: FLUSH_MS, warmUpMs, measureMs })
      found[stack].push(figures)
      options.log(
        `run ${round}/${runs}: ${stack}: ${figures.bytesPerDelivery.toFixed(0)} B, ${figures.copiesPerDelivery.toFixed(2)} copies`,
      )
    }
  }
  const of = (stack: 'stock' | 'ours', pick: (figures: SwarmFigures) => number) =>
    median(found[stack].map(pick))
  const [stockBytes, bytes] = [
    of('stock', one => one.bytesPerDelivery),
    of('ours', one => one.bytesPerDelivery),
  ]
  const copies = of('ours', one => one.copiesPerDelivery)
  return {
    goal: 'g2',
    title: `Wire bytes per delivered signed update: ${NODES} processes, all-to-all at 10 Hz`,
    rows: [
      { name: 'stock: bytes', value: stockBytes, unit: 'B' },
      { name: 'stock: copies', value: of('stock', one => one.copiesPerDelivery), unit: '' },
      { name: 'stock: delivered', value: 100 * of('stock', one => one.deliveredShare), unit: '%' },
      { name: 'ours: bytes (reach 400, aim 300)', value: bytes, unit: 'B' },
      { name: 'ours: copies (reach 3, aim 2.2)', value: copies, unit: '' },
      { name: 'ours: delivered', value: 100 * of('ours', one => one.deliveredShare), unit: '%' },
    ],
    ratio: stockBytes / bytes,
    verdict: `${bytes <= 400 && copies <= 3 ? 'reached' : 'missed'}: ${bytes.toFixed(0)} B and ${copies.toFixed(2)} copies, ${(stockBytes / bytes).toFixed(1)}x less than stock`,
  }
}
