import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { loadConfig } from '../../../node/config/index.ts'
import { configSchema } from '../../../node/config/schema.ts'
import { starterConfig } from '../../../node/config/starter.ts'
import { loadIdentity } from '../../../node/identity/identity.ts'
import { skein } from './skein.ts'

describe('cli: init', () => {
  let dir = ''
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'skein-init-'))
  })
  after(() => rmSync(dir, { recursive: true }))

  it('makes directory, identity and configuration; keeps all of it the second time', async () => {
    const data = join(dir, 'heron')
    const args = ['init', '--data-dir', data, '--name', 'heron', '--set', 'relay.server=true']
    const first = await skein(args)
    assert.equal(first.code, 0, first.stderr)
    const { agent } = await loadIdentity(data)
    assert.match(first.stdout, new RegExp(`^agent +${agent} \\(made\\)\n`))
    assert.equal(statSync(data).mode & 0o777, 0o700)

    const file = join(data, 'config.yaml')
    const { config } = loadConfig({ files: [file] })
    assert.deepEqual([config.name, config.dataDir, config.relay.server], ['heron', data, true])
    assert.match(readFileSync(file, 'utf8'), /^# yaml-language-server: \$schema=\.\/skein\.schema\.json\n/)
    assert.ok(existsSync(join(data, 'skein.schema.json')))

    writeFileSync(file, 'name: mine\n')
    const second = await skein(args)
    assert.equal(second.code, 0, second.stderr)
    assert.match(second.stdout, new RegExp(`^agent +${agent} \\(was there, kept\\)\n`))
    assert.equal(readFileSync(file, 'utf8'), 'name: mine\n')
  })

  describe('the configuration it writes', () => {
    it('says nothing but what was chosen', () => {
      assert.equal(parse(starterConfig(new Map(), './s.json')), null)
      const chosen = new Map<string, unknown>([
        ['swarm', 'north'],
        ['vehicle.wind.speedMps', 4],
      ])
      assert.deepEqual(parse(starterConfig(chosen, './s.json')), {
        swarm: 'north',
        vehicle: { wind: { speedMps: 4 } },
      })
    })

    it('is the defaults, every one of them, once the comments are taken off the keys', () => {
      const everything = starterConfig(new Map(), './s.json').replace(/^#(?! \S)/gm, '')
      assert.deepEqual(parse(everything), configSchema.parse({}))
    })
  })
})
