import { readdir, readFile } from 'node:fs/promises'

/** Memory of a process, MB of 1e6 bytes. */
export interface Memory {
  /** All pages it has in memory. */
  readonly rssMb: number
  /** The same, each shared page divided among those that share it: what one more process really costs. */
  readonly pssMb: number
}

/** Memory of a process on Linux. Throws when the process is gone. */
export async function memoryOf(pid: number): Promise<Memory> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  return { rssMb: fieldMb(rollup, 'Rss'), pssMb: fieldMb(rollup, 'Pss') }
}

/** Reads `Rss:   98304 kB` of a file of /proc, as MB of 1e6 bytes. */
export function fieldMb(text: string, field: string): number {
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
  if (kib === undefined) throw new Error(`there is no ${field} in:\n${text}`)
  return (Number(kib) * 1024) / 1e6
}

/** CPU time of all threads of a process so far, ms. To the nanosecond of the scheduler, not to its tick of 10 ms. */
export async function cpuMsOf(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`)
  const spent = await Promise.all(
    threads.map(async thread =>
      // A thread may end between the two readings; then it counts for nothing, as it does in the next one.
      readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0'),
    ),
  )
  return spent.reduce((sum, line) => sum + Number(line.split(' ')[0]) / 1e6, 0)
}

/** CPU time of the whole machine that was not idle so far, ms. */
export async function busyMs(): Promise<number> {
  return busyMsIn(await readFile('/proc/stat', 'utf8'))
}

/** The first line of /proc/stat, `cpu user nice system idle iowait irq softirq steal …`, in ticks of 10 ms. */
export function busyMsIn(stat: string): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (stat.split('\n')[0] ?? '')
    .split(/\s+/)
    .map(Number)
  return (user + nice + system + irq + softirq + steal) * 10
}

/** CPU that each process uses over a time, in percent of one core. */
export async function cpuPercent(pids: readonly number[], overMs: number): Promise<readonly number[]> {
  const startedMs = performance.now()
  const before = await Promise.all(pids.map(cpuMsOf))
  await new Promise(resolve => setTimeout(resolve, overMs))
  const after = await Promise.all(pids.map(cpuMsOf))
  const wallMs = performance.now() - startedMs
  return after.map((ms, i) => (100 * (ms - (before[i] ?? ms))) / wallMs)
}

/** The straight line through points by least squares: its rise per unit of x. */
export function slopeOf(points: readonly { readonly x: number; readonly y: number }[]): number {
  const mean = (pick: (point: { readonly x: number; readonly y: number }) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length
  const [x0, y0] = [mean(({ x }) => x), mean(({ y }) => y)]
  const spread = points.reduce((sum, { x }) => sum + (x - x0) ** 2, 0)
  return points.reduce((sum, { x, y }) => sum + (x - x0) * (y - y0), 0) / spread
}
