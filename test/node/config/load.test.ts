import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { FIELDS } from '../../../node/config/fields.ts'
import { variableOf } from '../../../node/config/from-env.ts'
import { loadConfig } from '../../../node/config/index.ts'
import type { ConfigSources } from '../../../node/config/load.ts'
import { PROFILES } from '../../../node/config/profile-names.ts'
import { configSchema } from '../../../node/config/schema.ts'

describe('config: putting it together', () => {
  let dir = ''
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'skein-config-'))
  })
  after(() => rmSync(dir, { recursive: true }))

  function file(name: string, text: string): string {
    const path = join(dir, name)
    writeFileSync(path, text)
    return path
  }

  it('needs nothing: the defaults are a whole configuration', () => {
    const { config } = loadConfig()
    const { name, dataDir, ...rest } = config
    const { name: _, dataDir: __, ...expected } = configSchema.parse({})
    assert.deepEqual(rest, expected)
    assert.equal(dataDir, join(homedir(), '.local/share/skein'))
    assert.match(name, /^[A-Za-z0-9._-]*$/)
  })

  it('lets the strongest layer that speaks win, whichever those are', () => {
    // One value per layer, or silence; weakest first. Each key takes the last one given.
    const layers = fc.record({
      first: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }),
      second: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }),
      env: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }),
      flag: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }),
      set: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }),
    })
    fc.assert(
      fc.property(layers, ({ first, second, env, flag, set }) => {
        const yaml = (value: number | undefined) =>
          value === undefined ? '' : `gossip: {flushMs: ${value}}\n`
        const { config, origins } = loadConfig({
          files: [file('first.yaml', yaml(first)), file('second.yaml', yaml(second))],
          env: env === undefined ? {} : { SKEIN_GOSSIP__FLUSH_MS: String(env) },
          flags: { 'gossip.flushMs': flag },
          set: set === undefined ? [] : [`gossip.flushMs=${set}`],
        })
        const said = [20, first, second, env, flag, set].filter(value => value !== undefined)
        assert.equal(config.gossip.flushMs, said.at(-1))
        assert.deepEqual(
          origins.get('gossip.flushMs')?.map(({ value }) => value),
          said,
        )
      }),
      { numRuns: 60 },
    )
  })

  it('puts a profile above the defaults and below everything else', () => {
    assert.equal(loadConfig({ profile: 'relay' }).config.role, 'relay')
    assert.equal(loadConfig({ profile: 'relay', env: { SKEIN_ROLE: 'anchor' } }).config.role, 'anchor')
  })

  it('takes the profile itself from flag, then environment, then file', () => {
    const relay = file('relay.yaml', 'profile: relay')
    assert.equal(loadConfig({ files: [relay] }).config.relay.server, true)
    const env = { SKEIN_PROFILE: 'drone' }
    assert.equal(loadConfig({ files: [relay], env }).config.relay.server, false)
    assert.equal(loadConfig({ files: [relay], env, flags: { profile: 'relay' } }).config.relay.server, true)
    const insisted = loadConfig({ profile: 'relay', env }).config
    assert.equal(insisted.relay.server, true)
    assert.equal(insisted.profile, 'relay')
  })

  for (const profile of PROFILES) {
    it(`has a profile ${profile} that is valid as it is`, () => {
      assert.equal(loadConfig({ profile }).config.profile, profile)
    })
  }

  it('merges files key by key, and replaces lists whole', () => {
    const one = file(
      'one.yaml',
      'name: heron\nbootstrap: [/ip4/10.0.0.1/tcp/1, /ip4/10.0.0.2/tcp/1]\nlog: {level: debug}',
    )
    const two = file('two.yaml', 'bootstrap: [/ip4/10.0.0.3/tcp/1]\nlog:\n  format: json\n')
    const { config } = loadConfig({ files: [one, two] })
    assert.equal(config.name, 'heron')
    assert.deepEqual(config.bootstrap, ['/ip4/10.0.0.3/tcp/1'])
    assert.deepEqual(config.log, { level: 'debug', format: 'json' })
  })

  it('skips optional files that are missing, and reads JSON, comments only, and nothing at all', () => {
    const { config } = loadConfig({
      optionalFiles: [join(dir, 'none.yaml'), file('there.yaml', 'name: ibis')],
      files: [
        file('json.yaml', '{"swarm": "north"}'),
        file('comments.yaml', '# all\n# commented\n'),
        file('group.yaml', 'gossip:\n  # flushMs: 50\n'),
        file('empty.yaml', ''),
      ],
    })
    assert.equal(config.name, 'ibis')
    assert.equal(config.swarm, 'north')
  })

  it('means relative paths from the file they stand in, and ~ as home', () => {
    const { config } = loadConfig({
      files: [file('paths.yaml', 'dataDir: data')],
      env: { SKEIN_VEHICLE__FILE: '~/a.kml' },
    })
    assert.equal(config.dataDir, join(dir, 'data'))
    assert.equal(config.vehicle.file, join(homedir(), 'a.kml'))
  })

  it('reads every key from the environment', () => {
    const { config } = loadConfig({
      env: {
        SKEIN_NAME: '42',
        SKEIN_MDNS: 'false',
        SKEIN_PSK_FILE: '',
        SKEIN_BOOTSTRAP: '/ip4/10.0.0.1/tcp/1, /dns4/relay/tcp/4710',
        SKEIN_EVENT_LOG__MAX_MIB: '64',
        SKEIN_GOSSIP__WATCH: '{latDeg: 47, lngDeg: 8.5, radiusM: 900}',
        SKEIN_VEHICLE__START: '{latDeg: 47.4, lngDeg: 8.5, altM: 460}',
        SKEIN_API: 'http://elsewhere:80',
      },
    })
    assert.equal(config.name, '42')
    assert.equal(config.mdns, false)
    assert.equal(config.pskFile, null)
    assert.deepEqual(config.bootstrap, ['/ip4/10.0.0.1/tcp/1', '/dns4/relay/tcp/4710'])
    assert.equal(config.eventLog.maxMiB, 64)
    assert.deepEqual(config.gossip.watch, [{ latDeg: 47, lngDeg: 8.5, radiusM: 900 }])
    assert.deepEqual(config.vehicle.start, { latDeg: 47.4, lngDeg: 8.5, altM: 460 })
  })

  it('has a variable of its own for every key', () => {
    const names = [...FIELDS.keys()].map(variableOf)
    assert.equal(new Set(names).size, names.length)
    for (const name of names) assert.match(name, /^SKEIN_[A-Z]+(_{1,2}[A-Z]+)*$/)
  })

  it('leaves alone what Kubernetes sets for a service that is called skein', () => {
    loadConfig({
      env: {
        SKEIN_SERVICE_HOST: '10.96.0.12',
        SKEIN_SERVICE_PORT: '4780',
        SKEIN_SERVICE_PORT_HTTP: '4780',
        SKEIN_PORT: 'tcp://10.96.0.12:4780',
        SKEIN_PORT_4780_TCP_ADDR: '10.96.0.12',
        SKEIN_RELAY_PORT_4710_TCP: 'tcp://10.96.0.13:4710',
      },
    })
  })

  describe('short forms', () => {
    const vehicle = (text: string) => loadConfig({ flags: { vehicle: text } }).config.vehicle

    it('of a vehicle', () => {
      assert.equal(vehicle('simulated').kind, 'simulated')
      const track = file('a:b.kml', '')
      const { kind, file: path } = vehicle(`replay:${track}`)
      assert.deepEqual({ kind, path }, { kind: 'replay', path: track })
    })

    it('of the API’s address', () => {
      const api = (text: string) => {
        const { host, port } = loadConfig({ flags: { api: text } }).config.api
        return `${host} ${port}`
      }
      assert.equal(api('4900'), '127.0.0.1 4900')
      assert.equal(api('localhost:4900'), 'localhost 4900')
      assert.equal(api('[::1]:4900'), '::1 4900')
    })

    it('name a unix socket, and a port over one', () => {
      const socket = (sources: ConfigSources) => loadConfig(sources).config.api.socket
      assert.equal(socket({ flags: { api: 'unix:/run/skein.sock' } }), '/run/skein.sock')
      assert.equal(socket({ flags: { api: 'unix:skein.sock' } }), `${process.cwd()}/skein.sock`)
      const env = { SKEIN_API__SOCKET: '/run/skein.sock' }
      assert.equal(socket({ env }), '/run/skein.sock')
      assert.equal(socket({ env, flags: { api: '4900' } }), null)
    })

    it('change only the keys they name', () => {
      const files = [file('vehicle.yaml', 'vehicle: {kind: http, speed: 4}')]
      const { kind, speed } = loadConfig({ files, flags: { vehicle: 'simulated' } }).config.vehicle
      assert.deepEqual({ kind, speed }, { kind: 'simulated', speed: 4 })
    })

    it('may be given as maps, by a program too', () => {
      const { vehicle: got } = loadConfig({ flags: { vehicle: { kind: 'simulated', loop: true } } }).config
      assert.equal(got.kind, 'simulated')
      assert.equal(got.loop, true)
    })
  })
})
