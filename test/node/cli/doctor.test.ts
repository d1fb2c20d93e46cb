import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthority } from '../../../node/authority/authority.ts'
import { bundleOf } from '../../../node/authority/bundles.ts'
import { joinSwarm } from '../../../node/authority/join.ts'
import { checkDisk } from '../../../node/cli/doctor/disk.ts'
import { checkEncryption } from '../../../node/cli/doctor/encryption.ts'
import { checkIdentity } from '../../../node/cli/doctor/identity.ts'
import { checkPorts } from '../../../node/cli/doctor/network.ts'
import { checkOpenFiles } from '../../../node/cli/doctor/process.ts'
import { checkTrust } from '../../../node/cli/doctor/trust.ts'
import { loadConfig } from '../../../node/config/index.ts'
import { createIdentity } from '../../../node/identity/identity.ts'
import { IDENTITY_FILE } from '../../../node/store/layout.ts'
import { unlockData } from '../../../node/store/sealed/unlock.ts'
import { skein } from './skein.ts'

describe('cli: doctor', () => {
  let dir = ''
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'skein-doctor-'))
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  const { eventLog } = loadConfig().config
  const levels = (findings: readonly { readonly name: string; readonly level: string }[]) =>
    findings.map(({ name, level }) => `${name}: ${level}`)

  it('finds a good disk good, and leaves nothing on it', async () => {
    const small = { ...eventLog, maxMiB: 8, reserveMiB: 0 }
    const found = await checkDisk({ dataDir: dir, eventLog: small })
    assert.deepEqual(
      found.map(({ name }) => name),
      ['data dir', 'disk sync', 'disk space'],
    )
    assert.equal(found[0]?.level, 'ok')
    assert.deepEqual(readdirSync(dir), [])
  })

  it('does not make a data directory, but says whether it could be made', async () => {
    const [could] = await checkDisk({ dataDir: join(dir, 'a', 'b'), eventLog })
    assert.match(could?.detail ?? '', /will be made at the first start$/)
    assert.deepEqual(readdirSync(dir), [])
    writeFileSync(join(dir, 'file'), '')
    const [couldNot] = await checkDisk({ dataDir: join(dir, 'file', 'b'), eventLog })
    assert.equal(couldNot?.level, 'fail')
    assert.match(couldNot?.detail ?? '', /can't be made in .*file \(ENOTDIR\)$/)
    assert.match(couldNot?.fix ?? '', /--data-dir/)
  })

  it('warns of a log that will not fit', async () => {
    const space = (await checkDisk({ dataDir: dir, eventLog: { ...eventLog, maxMiB: 1 << 30 } })).at(-1)
    assert.equal(space?.level, 'warn')
    assert.match(space?.fix ?? '', /lower eventLog\.maxMiB below \d+/)
  })

  it('tells a missing identity from a bad one', async () => {
    assert.equal((await checkIdentity(dir)).level, 'warn')
    const { agent } = await createIdentity(dir)
    assert.deepEqual(await checkIdentity(dir), { name: 'identity', level: 'ok', detail: agent, fix: null })
    writeFileSync(join(dir, IDENTITY_FILE), 'x')
    const bad = await checkIdentity(dir)
    assert.equal(bad.level, 'fail')
    assert.match(bad.detail, /cut short/)
    assert.match(bad.fix ?? '', /backup/)
  })

  it('tells whether the data is encrypted, and with what key', async () => {
    const dataDir = join(dir, 'data')
    const key = { file: join(dir, 'data.key'), command: [] }
    const none = { file: null, command: [] }
    const looked = async (dataKey: Parameters<typeof checkEncryption>[0]['dataKey']) => {
      const { finding, dataKey: found } = await checkEncryption({ dataDir, dataKey })
      return [`${finding.level}: ${finding.detail}`, found !== null] as const
    }
    assert.match((await looked(none))[0], /^ok: off: whoever has this disk/)
    assert.match((await looked(key))[0], /^fail: .*data\.key: it could not be read \(ENOENT\)$/)
    writeFileSync(key.file, randomBytes(32), { mode: 0o600 })
    assert.deepEqual(await looked(key), ['ok: from the first start on', false])
    assert.ok(!existsSync(dataDir))
    const dataKey = await unlockData(dataDir, key)
    const { agent } = await createIdentity(dataDir, undefined, dataKey)
    assert.deepEqual(await looked(key), [`ok: AES-256-GCM, key from ${key.file}`, true])
    assert.match((await looked(none))[0], /^fail: .* is encrypted, and no key for it is configured$/)
    assert.equal((await checkIdentity(dataDir, dataKey)).detail, agent)
    assert.match((await checkIdentity(dataDir)).fix ?? '', /Set dataKey\.file/)
    writeFileSync(join(dataDir, 'identity.key'), 'x')
    assert.match((await looked(key))[0], /^warn: on, but in plain there is: identity\.key$/)
    rmSync(join(dataDir, 'identity.key'))
    writeFileSync(join(dataDir, 'data.key'), readFileSync(key.file), { mode: 0o600 })
    const beside = { file: join(dataDir, 'data.key'), command: [] }
    assert.match((await looked(beside))[0], /^warn: its key lies in the data directory itself: /)
  })

  it('minds a taken port only where somebody chose it, and no node of ours holds it', async () => {
    const taken = createServer()
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
    const bound = taken.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0
    const chosen = loadConfig({ set: [`api.port=${port}`], flags: { listen: ['/ip4/127.0.0.1/tcp/0'] } })
    try {
      assert.deepEqual(levels(await checkPorts(chosen, false)), [`port ${port}: fail`, 'port 0: ok'])
      assert.deepEqual(levels(await checkPorts(chosen, true)), [`port ${port}: ok`, 'port 0: ok'])
      const loose = { ...chosen, origins: new Map() }
      assert.deepEqual(levels(await checkPorts(loose, false)), [`port ${port}: ok`, 'port 0: ok'])
    } finally {
      taken.close()
    }
  })

  it('warns of too few open files', () => {
    const { connections } = loadConfig().config
    const found = checkOpenFiles({ connections: { ...connections, max: 1e9 } })
    assert.equal(found.level, 'warn')
    assert.match(found.fix ?? '', /^ulimit -n 2000000320/)
  })

  it('tells an open swarm from a closed one, and says when it is time to renew', async () => {
    const startMs = Date.UTC(2026, 0, 1)
    const config = { ...loadConfig().config, dataDir: dir }
    const looked = async (hours: number, changed = {}) => {
      const { level, detail } = await checkTrust({ ...config, ...changed }, startMs + hours * 3_600_000)
      return `${level}: ${detail}`
    }
    assert.match(await looked(0), /^warn: open swarm 'default': whoever reaches it/)
    assert.match(await looked(0, { closed: true }), /^fail: no closed swarm, and the configuration allows no/)
    const authority = createAuthority({ swarm: 'north', nowMs: () => startMs })
    const { agent } = await createIdentity(dir)
    const notAfterMs = startMs + 3 * 3_600_000
    const issued = authority.issue({ agent, name: 'heron', roles: ['drone'], notAfterMs })
    const bundle = bundleOf(authority, issued, { seed: null, bootstrap: [], psk: null })
    await joinSwarm({ dataDir: dir, bundle, root: null, swarm: null, nowMs: startMs })
    assert.equal(await looked(1), "ok: member of 'north', certificate 1 ends in 2 h")
    assert.equal(await looked(2.5), "warn: member of 'north', certificate 1 ends in 30 min")
    assert.equal(await looked(4), "fail: member of 'north', certificate 1 ended 1 h ago")
    assert.equal(await looked(-1), "warn: member of 'north', certificate 1 begins in 1 h")
    assert.match(await looked(1, { swarm: 'south' }), /^fail: .*founds swarm 'north', and .* says 'south'/)
    writeFileSync(join(dir, 'trust', 'credential.cbor'), 'x')
    assert.match(await looked(1), /^fail: .*credential\.cbor: /)
  })

  it('ends with 0 or 1, in words and as JSON', async () => {
    const common = ['--no-mdns', '--set', 'listen=/ip4/127.0.0.1/tcp/0']
    writeFileSync(join(dir, 'bad.yaml'), 'rol: drone')
    const [good, bad] = await Promise.all([
      skein(['doctor', '--data-dir', dir, '-o', 'json', ...common]),
      skein(['doctor', '--config', join(dir, 'bad.yaml'), ...common]),
    ])
    assert.equal(good.code, 0, good.stdout)
    const names = (JSON.parse(good.stdout) as { name: string }[]).map(({ name }) => name)
    for (const name of [
      'node',
      'config',
      'data dir',
      'disk sync',
      'encryption',
      'identity',
      'trust',
      'clock',
      'mdns',
      'api',
    ]) {
      assert.ok(names.includes(name), name)
    }
    assert.equal(bad.code, 1)
    assert.match(
      bad.stdout,
      /\nfail {2}config +there is 1 problem .*\n +.*bad\.yaml:1:1: rol: .*did you mean role\?\n +-> see: skein config check\n/,
    )
  })
})
