import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { createClient } from '../../node/client/client.ts'
import { early } from './helpers/early.ts'
import { eventually } from './helpers/eventually.ts'
import { Lab } from './helpers/lab.ts'
import { BIN, follow, type Run } from './helpers/node-process.ts'

const SCRIPT = '/usr/bin/script'

/** All processes below this one. */
function descendantsOf(pid: number): readonly number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      // The name of the program, in parentheses, may hold anything; the parent comes second after it.
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // It has ended meanwhile.
    }
  }
  const isBelow = (child: number): boolean => {
    const parent = parents.get(child)
    return parent !== undefined && (parent === pid || isBelow(parent))
  }
  return [...parents.keys()].filter(isBelow)
}

/** A node of the demo; the bundler of the map has a process of its own, too, for as long as it works. */
const isMember = (pid: number): boolean =>
  readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('member.ts')

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`)

const pidOf = ({ child }: Run): number => child.pid ?? assert.fail()

/** Where the map is, and where the data, from the banner. */
async function bannerOf({ out }: Run): Promise<{ readonly url: string; readonly data: string }> {
  return await eventually('the banner is there', () => {
    const text = stripVTControlCharacters(out.stdout)
    const [, url = assert.fail(out.stdout + out.stderr)] = /map\s+(http:\S+)/.exec(text) ?? []
    const [, data = assert.fail()] = /data\s+(\/\S+)/.exec(text) ?? []
    return { url, data }
  })
}

/** A demo from its first line to its end, and what was seen on the way. */
const twentySeconds = early(async () => {
  await using lab = await Lab.open()
  const demo = lab.start('demo', '--no-open', '--api', '0', '--for', '20')
  const { url, data } = await bannerOf(demo)
  const pids = descendantsOf(pidOf(demo))
  const members = pids.filter(isMember).length
  const dirs = readdirSync(data)
  const page = await fetch(url)
  const client = createClient({ url })
  const { role } = await client.status()
  await eventually('the relay watches all eight fly', async () => {
    const points = (await client.neighbors()).filter(({ belief }) => belief === 'point')
    assert.equal(points.length, 8)
    assert.ok(points.some(({ status }) => status === 'Airborne'))
  })
  await demo.ended
  // What a process has ended may take a moment to be gone.
  await eventually('no process of it is left', () => assert.deepEqual(pids.filter(isAlive), []))
  return {
    members,
    dirs,
    role,
    page: { status: page.status, text: await page.text() },
    stdout: demo.out.stdout,
    code: demo.child.exitCode,
    left: { pids: pids.filter(isAlive), data: existsSync(data) },
    answers: await client.status().then(
      () => true,
      () => false,
    ),
  }
})

/** A demo in a terminal of its own, told by its keys what to do. */
const pressed = early(async () => {
  if (!existsSync(SCRIPT)) return
  await using lab = await Lab.open()
  const command = `"${process.execPath}" "${BIN}" demo --no-open --api 0 --agents 3`
  const child = spawn(SCRIPT, ['-qefc', command, '/dev/null'], {
    env: { PATH: process.env.PATH, HOME: lab.dir, TMPDIR: lab.dir, TERM: 'xterm' },
  })
  lab.own(child)
  const demo = follow(child)
  const { url, data } = await bannerOf(demo)
  const client = createClient({ url })
  const pids = [...descendantsOf(pidOf(demo))]
  const press = (key: string) => child.stdin.write(key)
  const says = (words: RegExp) => eventually(`it says ${words}`, () => assert.match(demo.out.stdout, words))
  const beliefs = async () => (await client.neighbors()).map(({ belief }) => belief).sort()
  const hears = (expected: readonly string[]) =>
    eventually(`the relay hears ${expected}`, async () => assert.deepEqual(await beliefs(), expected))

  await hears(['point', 'point', 'point'])
  press('k')
  await says(/killed drone-3 \(SIGKILL\)/)
  await hears(['point', 'point', 'volume'])
  press('r')
  await says(/restarting drone-3 on the same data/)
  await hears(['point', 'point', 'point'])
  press('p')
  await says(/cut in two: relay, drone-1, drone-2 \| drone-3/)
  await hears(['point', 'point', 'volume'])
  press('h')
  await says(/healed/)
  await hears(['point', 'point', 'point'])
  pids.push(...descendantsOf(pidOf(demo)))
  press('q')
  await demo.ended
  assert.equal(child.exitCode, 0, demo.out.stdout.slice(-500))
  assert.match(demo.out.stdout, /stopping the swarm/)
  assert.deepEqual(pids.filter(isAlive), [])
  assert.equal(existsSync(data), false)
})

/** A demo that crashes. */
const killed = early(async () => {
  await using lab = await Lab.open()
  const demo = lab.start('demo', '--no-open', '--api', '0', '--agents', '1')
  await bannerOf(demo)
  const pids = descendantsOf(pidOf(demo))
  assert.equal(pids.filter(isMember).length, 2)
  demo.child.kill('SIGKILL')
  try {
    await eventually('all are gone', () => assert.deepEqual(pids.filter(isAlive), []))
  } finally {
    for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL')
  }
})

describe('e2e: the demo', function () {
  this.timeout(240_000)
  it('flies a swarm of processes, each with its data, and shows it', async () => {
    const { stdout, members, dirs, role, page } = await twentySeconds()
    assert.match(stdout, /^Skein demo: a relay and 8 drones, 9 processes, no server\n/)
    assert.equal(members, 9)
    assert.deepEqual(dirs.filter(name => !name.startsWith('drone-')).sort(), ['authority', 'relay'])
    assert.equal(dirs.length, 10)
    assert.equal(role, 'relay')
    assert.equal(page.status, 200)
    assert.match(page.text, /<script[^>]* src=/)
    assert.ok((stdout.match(/^drone-\d .*$/gm) ?? []).length >= 8)
    assert.doesNotMatch(stdout, /dead/)
  })

  it('ends by itself after --for, and leaves nothing', async () => {
    const { code, left, answers } = await twentySeconds()
    assert.equal(code, 0)
    assert.deepEqual(left, { pids: [], data: false })
    assert.equal(answers, false)
  })

  it('obeys its keys: kill, restart, partition, heal, quit', async function () {
    if (!existsSync(SCRIPT)) {
      console.log(`      skipped: there is no ${SCRIPT} (util-linux) to give it a terminal`)
      this.skip()
    }
    await pressed()
  })

  it('takes its members along when it dies itself', () => killed())
})
