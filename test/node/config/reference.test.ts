import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import fc from 'fast-check'
import { z } from 'zod'
import { configDocs } from '../../../node/config/docs.ts'
import { FIELDS, GROUPS } from '../../../node/config/fields.ts'
import { CONFIG_FLAGS } from '../../../node/config/flags.ts'
import { checkChosenPorts } from '../../../node/config/free-port.ts'
import { ConfigError, explainConfig, loadConfig } from '../../../node/config/index.ts'
import { configJsonSchema } from '../../../node/config/json-schema.ts'
import { suggest } from '../../../node/config/suggest.ts'

import { shown } from '../../../node/config/values.ts'

describe('config: reference', () => {
  it('is in README.md as the schema says (else: skein config docs > node/config/README.md)', () => {
    const readme = new URL('../../../node/config/README.md', import.meta.url)
    assert.equal(readFileSync(readme, 'utf8'), configDocs())
  })

  it('has a sentence on every key', () => {
    for (const { path, description } of [...FIELDS.values(), ...GROUPS.values()]) {
      assert.match(description, /^.{10,}[.]$/, path)
    }
  })

  it('has flags for keys that exist only', () => {
    for (const { path } of CONFIG_FLAGS) assert.ok(FIELDS.has(path) || GROUPS.has(path), path)
  })

  describe('JSON Schema', () => {
    const schema = z.fromJSONSchema(configJsonSchema() as Parameters<typeof z.fromJSONSchema>[0])
    const accepts = (value: unknown) => schema.safeParse(value).success

    it('accepts what the program accepts', () => {
      assert.ok(accepts({}))
      assert.ok(accepts({ vehicle: 'replay:a.tlog', api: '127.0.0.1:4780' }))
      assert.ok(accepts({ vehicle: { kind: 'simulated', start: { latDeg: 1, lngDeg: 2, altM: 3 } } }))
      assert.ok(accepts(JSON.parse(JSON.stringify(loadConfig().config))))
    })

    it('refuses what the program refuses', () => {
      assert.ok(!accepts({ gosip: {} }))
      assert.ok(!accepts({ gossip: { flushMs: 'fast' } }))
      assert.ok(!accepts({ vehicle: 'balloon' }))
      assert.ok(!accepts({ role: 'pilot' }))
    })
  })

  describe('explain', () => {
    it('says what every layer said, the one that holds first', () => {
      const loaded = loadConfig({
        profile: 'relay',
        env: { SKEIN_CONNECTIONS__MAX: '70' },
        set: ['connections.max=80'],
      })
      const [explanation] = explainConfig(loaded, 'connections.max')
      assert.deepEqual(explanation, {
        path: 'connections.max',
        value: '80',
        what: 'Connections at most. Raise on relays.',
        must: 'a whole number from 2 to 10000',
        variable: 'SKEIN_CONNECTIONS__MAX',
        flag: null,
        layers: [
          { layer: 'flag', where: '--set', value: '80' },
          { layer: 'env', where: 'SKEIN_CONNECTIONS__MAX', value: '70' },
          { layer: 'profile', where: 'profile relay', value: '1024' },
          { layer: 'default', where: 'default', value: '64' },
        ],
      })
    })

    it('takes a group, or nothing, for all below it', () => {
      const loaded = loadConfig()
      assert.deepEqual(
        explainConfig(loaded, 'log').map(({ path }) => path),
        ['log.level', 'log.format'],
      )
      assert.equal(explainConfig(loaded).length, FIELDS.size)
    })

    it('shows the path of a secret, but never what looks like the secret itself', () => {
      const shownAs = (value: string) => {
        const loaded = loadConfig()
        const origin = { layer: 'env', where: 'SKEIN_PSK_FILE', value } as const
        return explainConfig({ ...loaded, origins: new Map([['pskFile', [origin]]]) }, 'pskFile')[0]?.value
      }
      assert.equal(
        shownAs('/etc/skein/swarm-north-production-psk'),
        '"/etc/skein/swarm-north-production-psk"',
      )
      for (const secret of [
        '0123456789abcdef'.repeat(4),
        'aZ3kP9qL7mX2vB8nC4tY6wR1',
        '/key/swarm/psk/1.0.0/',
      ]) {
        assert.equal(shownAs(secret), '(hidden: it looks like the secret)')
        assert.equal(shownAs(`/home/x/${secret}`), '(hidden: it looks like the secret)')
      }
    })

    it('regression: hides a key in base64, whatever slashes and letters it is made of', () => {
      const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 })
      fc.assert(
        fc.property(bytes, fc.constantFrom('base64', 'base64url'), (key, form) => {
          const value = ['echo', Buffer.from(key).toString(form)]
          assert.equal(shown('dataKey.command', value), '(hidden: it looks like the secret)')
        }),
      )
      assert.equal(shown('dataKey.file', '/media/key/heron.key'), '"/media/key/heron.key"')
    })

    it('knows what was meant', () => {
      assert.throws(
        () => explainConfig(loadConfig(), 'gossip.flushms'),
        (error: unknown) =>
          error instanceof ConfigError && /did you mean gossip\.flushMs\?/.test(error.message),
      )
    })
  })

  describe('ports', () => {
    const never = new AbortController().signal

    it('that somebody chose are refused when taken, before anything is opened', async () => {
      const taken = createServer()
      await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
      const bound = taken.address()
      const port = typeof bound === 'object' && bound !== null ? bound.port : 0
      try {
        const address = `/ip4/127.0.0.1/tcp/${port}`
        const chosen = loadConfig({ flags: { listen: [address], api: '127.0.0.1:0' } })
        await assert.rejects(checkChosenPorts(chosen, never), {
          code: 'port-taken',
          message: `--listen: listen: 127.0.0.1 port ${port} is taken, or not an address of this machine. Stop what uses it, or choose another (0 = any free one)`,
        })
        await checkChosenPorts({ ...chosen, origins: new Map() }, never)
      } finally {
        taken.close()
      }
    })
  })

  describe('suggestions', () => {
    const words = ['gossip', 'position', 'vehicle', 'status', 'neighbors']
    const cases: readonly [string, string | null][] = [
      ['gosip', 'gossip'],
      ['psoition', 'position'],
      ['Vehicle', 'vehicle'],
      ['neighbours', 'neighbors'],
      ['stat', 'status'],
      ['xyz', null],
    ]
    for (const [typed, meant] of cases) {
      it(`${typed} -> ${meant}`, () => assert.equal(suggest(typed, words), meant))
    }
  })
})
