import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, type ConfigSources, loadConfig, type Problem } from '../../../node/config/index.ts'

describe('config: what is wrong', () => {
  let dir = ''
  let path = ''
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'skein-config-'))
    path = join(dir, 'skein.yaml')
  })
  after(() => rmSync(dir, { recursive: true }))

  function problems(sources: ConfigSources): readonly Problem[] {
    try {
      loadConfig(sources)
    } catch (error) {
      assert.ok(error instanceof ConfigError)
      assert.equal(error.code, 'CONFIG_INVALID')
      return error.problems
    }
    assert.fail('nothing was wrong')
  }

  /** Each problem as `LINE:COLUMN path: what`. */
  function inFile(text: string): readonly string[] {
    writeFileSync(path, text)
    return problems({ files: [path] }).map(({ where, path: key, what }) => {
      assert.ok(where.startsWith(`${path}:`), where)
      return `${where.slice(path.length + 1)} ${key === '' ? '' : `${key}: `}${what}`
    })
  }

  function one(sources: ConfigSources): string {
    const [first, ...more] = problems(sources)
    assert.deepEqual(more, [])
    return `${first?.where}: ${first?.path === '' ? '' : `${first?.path}: `}${first?.what}`
  }

  it('is said all at once, each with line and column', () => {
    const text = `name: heron
gosip:
  flushMs: 3
gossip:
  flushMs: fast
  watch:
    - latDeg: 470
      lngDeg: 8
      radiusM: 30
    - {latDeg: 47, lngDeg: 8, radius: 3}
listen:
  - /ip4/0.0.0.0/tcp/4710
  - foo
role: dron
swarm: 7
log: {level: debug, format: xml}
`
    assert.deepEqual(inFile(text), [
      '2:1 gosip: no such setting; did you mean gossip?',
      '5:12 gossip.flushMs: must be a whole number from 0 to 1000, not "fast"',
      '7:15 gossip.watch[0].latDeg: must be a number from -90 to 90, not 470',
      '10:7 gossip.watch[1].radiusM: has no value; must be a number from 1 to 100000',
      '10:7 gossip.watch[1]: no such key: radius; did you mean radiusM?',
      '13:5 listen[1]: must be a multiaddr such as /ip4/192.0.2.1/tcp/4710, not "foo" (String multiaddr must start with "/")',
      '14:7 role: must be one of drone, anchor, relay, dispatcher, observer, regulator, bridge, not "dron"; did you mean drone?',
      '15:8 swarm: must be a text, not 7; put it in quotes',
      '16:29 log.format: must be one of auto, human, json, not "xml"',
    ])
  })

  it('is said of all layers at once, and printed one to a line', () => {
    writeFileSync(path, 'nam: heron')
    const sources = { files: [path], env: { SKEIN_ROLE: 'pilot' }, set: ['gossip.flushMs=x'] }
    assert.throws(() => loadConfig(sources), {
      message: `there are 3 problems in the configuration
  ${path}:1:1: nam: no such setting; did you mean name?
  SKEIN_ROLE: role: must be one of drone, anchor, relay, dispatcher, observer, regulator, bridge, not "pilot"
  --set: gossip.flushMs: must be a whole number from 0 to 1000, not "x"`,
    })
  })

  describe('in a file', () => {
    it('a key of another group', () => {
      assert.deepEqual(inFile('relay: {flushMs: 3}'), [
        '1:9 relay.flushMs: no such setting; did you mean gossip.flushMs?',
      ])
    })

    it('a key that is like nothing', () => {
      assert.deepEqual(inFile('zzzzzz: 1'), ['1:1 zzzzzz: no such setting; see: skein config docs'])
    })

    it('a value in place of a group, a group in place of a value, nothing in place of a value', () => {
      assert.deepEqual(inFile('metrics: debug\nname: {first: a}\nswarm:\n'), [
        '1:10 metrics: must be a group of settings (profile), not "debug"',
        '2:7 name: must be a text, not {"first":"a"}',
        '3:1 swarm: has no value; must be a text',
      ])
    })

    it('a list in place of the whole', () => {
      assert.deepEqual(inFile('- name: a'), ['1:1 must be a map of settings, such as `name: heron-1`'])
    })

    it('YAML that is none: every error of it', () => {
      const found = inFile('name: "heron\nrole: [drone\n')
      assert.ok(found.length >= 1)
      for (const line of found) assert.match(line, /^\d+:\d+ not valid YAML: /)
    })

    it('an alias of nothing, and aliases of aliases that would fill memory', () => {
      assert.match(inFile('name: *nobody\n').join(), /not valid YAML: Unresolved alias/)
      const letters = [...'abcdefgh']
      const bomb = letters.map((letter, i) =>
        i === 0
          ? 'a: &a [x, x, x, x, x, x, x, x, x]'
          : `${letter}: &${letter} [${Array(9).fill(`*${letters[i - 1]}`)}]`,
      )
      assert.match(inFile(bomb.join('\n')).join(), /not valid YAML: Excessive alias count/)
    })

    it('the same key twice', () => {
      assert.deepEqual(inFile('name: a\nname: b\n'), ['2:1 not valid YAML: Map keys must be unique'])
    })

    it('that is not there, is a directory, or is far too big', () => {
      mkdirSync(join(dir, 'd'))
      writeFileSync(join(dir, 'big'), '#'.repeat((1 << 20) + 1))
      const files = ['none', 'd', 'big'].map(name => join(dir, name))
      assert.deepEqual(
        problems({ files }).map(({ code, what }) => `${code}: ${what}`),
        [
          'unreadable-file: could not be read (ENOENT); check the path and who may read it',
          'unreadable-file: could not be read (EISDIR); check the path and who may read it',
          'unreadable-file: is 1048577 bytes long, which no configuration is; check the path',
        ],
      )
    })
  })

  describe('in the environment', () => {
    it('a variable that means nothing', () => {
      assert.equal(
        one({ env: { SKEIN_GOSSIP_FLUSH_MS: '3' } }),
        'SKEIN_GOSSIP_FLUSH_MS: no such setting; did you mean SKEIN_GOSSIP__FLUSH_MS?',
      )
    })

    it('a port that is none', () => {
      assert.equal(
        one({ env: { SKEIN_API__PORT: '70000' } }),
        'SKEIN_API__PORT: api.port: must be a whole number from 0 to 65535, not 70000',
      )
    })
  })

  describe('on the command line', () => {
    it('an assignment that is none', () => {
      assert.equal(one({ set: ['flushMs'] }), '--set flushMs: must be path=value, such as gossip.flushMs=50')
    })

    it('a part of a value that is to be given whole', () => {
      assert.equal(
        one({ set: ['vehicle.start.latDeg=3'] }),
        '--set: vehicle.start.latDeg: no such setting: vehicle.start is one value, to be given whole',
      )
    })

    it('a vehicle of no known kind', () => {
      assert.match(
        one({ flags: { vehicle: 'replay:' } }),
        /^--vehicle: vehicle: must be a group of settings \(kind, .*\) or a text such as replay:FILE, not "replay:"$/,
      )
    })

    it('an address of the API that is none', () => {
      assert.match(
        one({ flags: { api: 'localhost:http' } }),
        /^--api: api: .* or a text such as 127\.0\.0\.1:4780/,
      )
    })
  })

  describe('multiaddrs', () => {
    const refused = (key: string, text: string) => one({ flags: { [key]: [text] } })

    it('of another transport', () => {
      assert.match(refused('listen', '/ip4/0.0.0.0/udp/4710/quic-v1'), /only TCP is spoken/)
      assert.match(refused('bootstrap', '/ip4/10.0.0.1/tcp/4710/ws'), /\/ws after \/tcp is not supported/)
    })

    it('of a peer, to listen on', () => {
      const peer = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'
      assert.match(refused('listen', `/ip4/10.0.0.1/tcp/1/p2p/${peer}`), /ends with the port/)
      loadConfig({ flags: { bootstrap: [`/ip4/10.0.0.1/tcp/1/p2p/${peer}`] } })
    })

    it('of a peer whose id is none', () => {
      assert.match(
        refused('bootstrap', '/ip4/10.0.0.1/tcp/1/p2p/12D3KooWx'),
        /^--bootstrap: bootstrap\[0\]: /,
      )
    })

    it('of a port that is none', () => {
      assert.match(refused('listen', '/ip4/0.0.0.0/tcp/99999'), /^--listen: listen\[0\]: must be a multiaddr/)
    })

    it('through a relay are fine', () => {
      const peer = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'
      loadConfig({
        flags: { listen: ['/p2p-circuit'], bootstrap: [`/ip4/10.0.0.1/tcp/1/p2p/${peer}/p2p-circuit`] },
      })
    })
  })

  describe('a validity', () => {
    it('that the wire cannot carry: it has a byte for tenths of a second', () => {
      const must = 'position.validMs: must be a whole number from 200 to 25500 in steps of 100'
      for (const validMs of [100, 250, 25_600, 60_000]) {
        const set = ['position.floorHz=10', `position.validMs=${validMs}`]
        assert.equal(one({ set }), `--set: ${must}, not ${validMs}`)
      }
      assert.equal(loadConfig({ set: ['position.validMs=25500'] }).config.position.validMs, 25_500)
    })
  })

  describe('between keys', () => {
    const cases: readonly [string, ConfigSources, RegExp][] = [
      [
        'a ceiling below the floor',
        { set: ['position.ceilingHz=2', 'position.floorHz=5'] },
        /^--set: position\.ceilingHz: position\.ceilingHz \(2\) is below position\.floorHz \(5\)$/,
      ],
      [
        'reports that expire before the next is due',
        { env: { SKEIN_POSITION__VALID_MS: '900' } },
        /^SKEIN_POSITION__VALID_MS: position\.validMs: reports expire .*raise one of them$/,
      ],
      [
        'a target above the maximum, blamed on the layer that said it last',
        { env: { SKEIN_CONNECTIONS__TARGET: '100' } },
        /^SKEIN_CONNECTIONS__TARGET: connections\.target: .* \(100\) is above connections\.max \(64\)$/,
      ],
      [
        'an API that is open to everyone without a token',
        { flags: { api: '0.0.0.0:4780' }, set: ['api.open=read'] },
        /^--set: api\.open: api\.open \(read\) lets nobody in on 0\.0\.0\.0, where others reach it/,
      ],
      [
        'a replay of nothing',
        { set: ['vehicle.kind=replay'] },
        /^--set: vehicle\.kind: nothing to replay: set vehicle\.file, or use replay:FILE$/,
      ],
      [
        'a fixed vehicle without a place',
        { flags: { vehicle: 'fixed' } },
        /^--vehicle: vehicle\.kind: a fixed vehicle stands somewhere: set vehicle\.start$/,
      ],
      [
        'a replay of a file that is not there',
        { flags: { vehicle: 'replay:/nowhere/a.tlog' } },
        /^--vehicle: vehicle\.file: there is no file to read \(ENOENT\): \/nowhere\/a\.tlog$/,
      ],
      [
        'a pre-shared key whose file is not there',
        { flags: { pskFile: '/nowhere/swarm.key' } },
        /^--psk-file: pskFile: there is no file to read \(ENOENT\); it must be the path of a file, not the secret itself$/,
      ],
      [
        'rules whose file is not there',
        { set: ['rulesFile=/nowhere/rules.yaml'] },
        /^--set: rulesFile: there is no file to read \(ENOENT\): \/nowhere\/rules\.yaml$/,
      ],
    ]
    for (const [name, sources, expected] of cases) it(name, () => assert.match(one(sources), expected))

    it('says everything that is wrong with a rule set, and takes one in which nothing is', () => {
      const file = join(dir, 'rules.yaml')
      const set = [`rulesFile=${file}`]
      const head = 'version: 1\nname: test\nrevision: 1\nlifeMaxMs: 20000\nquorumMs: 10000\n'
      writeFileSync(file, `${head}permit: { kill: { issuers: 1 } }\nrules: [{ id: a, kind: magic }]\n`)
      const message = one({ set })
      assert.match(message, /^--set: rulesFile: .*rules\.yaml: there are 2 problems in the rule set/)
      assert.match(message, /permit\.kill\.issuers/)
      writeFileSync(file, 'version: [')
      assert.match(one({ set }), /rules\.yaml: /)
      writeFileSync(file, `${head}permit: { kill: { issuers: 2 } }\nrules: []\n`)
      assert.equal(loadConfig({ set }).config.rulesFile, file)
    })

    it('is not said of a key that is wrong by itself', () => {
      assert.match(
        one({
          set: ['api.host=0.0.0.0', 'api.open=read', 'api.tokenFile='],
          env: { SKEIN_API__TOKEN_FILE: '' },
        }),
        /lets nobody in/,
      )
      assert.match(one({ set: ['connections.max=1'] }), /connections\.max: must be a whole number/)
    })
  })

  describe('secrets', () => {
    const hex = '0123456789abcdef'.repeat(4)

    it('are not repeated when given in place of their file', () => {
      for (const value of [hex, `/key/swarm/psk/1.0.0/\n/base16/\n${hex}`, { key: hex }]) {
        const message = one({ flags: { pskFile: value } })
        assert.doesNotMatch(message, /0123456789/)
      }
      assert.match(one({ flags: { pskFile: hex } }), /not the secret itself/)
    })

    it('are not repeated when their file is not what it should be', () => {
      const key = join(dir, 'swarm.key')
      writeFileSync(key, hex)
      const message = one({ flags: { pskFile: key } })
      assert.match(message, /is no pre-shared key: it needs the lines/)
      assert.doesNotMatch(message, /0123456789/)
      writeFileSync(key, `/key/swarm/psk/1.0.0/\n/base16/\n${hex}\n`)
      loadConfig({ flags: { pskFile: key } })
    })
  })
})
