import { verifyEd25519 } from '../../protocols/identity/ed25519.ts'
import { openCredential } from '../../protocols/trust/certificate.ts'
import { fakeSigner } from '../signer.ts'
import { Lab } from './processes/lab.ts'
import { cpuMsOf, memoryOf } from './processes/proc.ts'
import { ready, startSkein } from './processes/skein.ts'
import { type BenchOptions, type BenchResult, median } from './result.ts'
import { makeAuthority } from './trust/authority.ts'
import { measureHello } from './trust/hello.ts'
import { credentialBytes, genesis } from './trust/members.ts'
import { measureReports } from './trust/reports.ts'

/** What verifying one report costs anyway (G1), and what trust may add to it: a twentieth. */
const SHARE_MAX = 0.05
/** Of the node under test in G1, at a 20 ms flush. */
const G1_US = 260

interface Start {
  readonly ms: number
  readonly cpuMs: number
  readonly rssMb: number
}

/** What a closed swarm costs beside an open one: the hello, each report, and a node's start. */
export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const [meetings, reports, starts] = quick ? [5, 20_000, 1] : [40, 200_000, 7]
  const hello = { open: await measureHello(false, meetings), closed: await measureHello(true, meetings) }
  log('hellos done')
  const judged = { open: median(pairs(reports, false)), closed: median(pairs(reports, true)) }
  log('reports done')
  const node = await measureStarts(starts, log)
  const added = judged.closed - judged.open
  const share = added / 1000 / G1_US
  return {
    goal: 'trust',
    title: 'A closed swarm beside an open one',
    rows: [
      { name: 'credential', value: credentialBytes(fakeSigner(1).publicKey, 1).byteLength, unit: 'bytes' },
      { name: 'credential verified up to the root', value: openUs(quick ? 50 : 1_000), unit: 'us' },
      ...(['open', 'closed'] as const).flatMap(kind => [
        { name: `${kind}: connection to let in, both sides`, value: hello[kind].ms, unit: 'ms' },
        { name: `${kind}: both hellos`, value: hello[kind].bytes, unit: 'bytes' },
        { name: `${kind}: report judged by the agent`, value: judged[kind], unit: 'ns' },
        { name: `${kind}: start to ready`, value: median(node[kind].map(({ ms }) => ms)), unit: 'ms' },
        { name: `${kind}: CPU until then`, value: median(node[kind].map(({ cpuMs }) => cpuMs)), unit: 'ms' },
        { name: `${kind}: RSS then`, value: median(node[kind].map(({ rssMb }) => rssMb)), unit: 'MB' },
      ]),
    ],
    ratio: judged.closed / judged.open,
    verdict: `${share <= SHARE_MAX ? 'reached' : 'missed'}: trust adds ${added.toFixed(0)} ns to each of the ${G1_US} us of a verified update of G1 (${(share * 100).toFixed(2)} %; 5 % allowed), and ${(hello.closed.ms - hello.open.ms).toFixed(2)} ms and ${hello.closed.bytes - hello.open.bytes} bytes to a hello`,
  }
}

const pairs = (count: number, closed: boolean): number[] =>
  Array.from({ length: 5 }, () => measureReports(closed, count))

function openUs(times: number): number {
  const bytes = credentialBytes(fakeSigner(1).publicKey, 1)
  const before = process.cpuUsage()
  for (let i = 0; i < times; i++) openCredential(bytes, genesis, verifyEd25519)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

/** In turns, so that what else the machine does is the same for both. */
async function measureStarts(
  times: number,
  log: (line: string) => void,
): Promise<Record<'open' | 'closed', Start[]>> {
  const found = { open: [] as Start[], closed: [] as Start[] }
  // The first of each fills the compile cache.
  for (let i = 0; i <= times; i++) {
    for (const kind of ['open', 'closed'] as const) {
      const start = await measureStart(kind === 'closed')
      if (i > 0) found[kind].push(start)
    }
    log(`start ${i}/${times}`)
  }
  return found
}

async function measureStart(closed: boolean): Promise<Start> {
  await using lab = await Lab.open()
  if (closed) await (await makeAuthority(lab))('node')
  const node = await startSkein(lab, { command: 'run', name: 'node', set: ['vehicle=none'] })
  const ms = node.tookMs + (await ready(node.client))
  const figures = { ms, cpuMs: await cpuMsOf(node.pid), rssMb: (await memoryOf(node.pid)).rssMb }
  await lab.stop(node)
  return figures
}
