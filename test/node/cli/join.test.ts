import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../../node/config/index.ts'
import { skein } from './skein.ts'

const BOOTSTRAP = '/ip4/192.0.2.1/tcp/4710'

describe('cli: init --join', () => {
  let dir = ''
  let root = ''
  const at = (name: string): string => join(dir, name)

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'skein-join-'))
    writeFileSync(at('network.key'), `/key/swarm/psk/1.0.0/\n/base16/\n${'0'.repeat(64)}\n`)
    const ca = ['--dir', at('ca'), '-o', 'json']
    root = JSON.parse((await skein(['ca', 'init', '--swarm', 'north', ...ca])).stdout).root
    const grant = ['--name', 'ground', '--role', 'anchor', '--role', 'dispatcher']
    const extra = ['--bootstrap', BOOTSTRAP, '--psk', at('network.key'), '--out', at('ground.bundle')]
    const { stderr } = await skein(['ca', 'issue', ...grant, ...extra, ...ca])
    assert.match(stderr, /is a secret: it holds the agent's key and the network's/)
  })
  after(() => rmSync(dir, { recursive: true }))

  it('makes a node of one file: identity, trust and a configuration that fits', async () => {
    const { code, stdout, stderr } = await skein([
      'init',
      '--join',
      at('ground.bundle'),
      '--root',
      root,
      '--data-dir',
      at('ground'),
    ])
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^agent +12D3Koo\w+ \(made\)\n/)
    assert.match(stdout, /swarm +north, as 'ground': anchor, dispatcher\n/)
    assert.ok(stdout.includes(root))
    const { config } = loadConfig({ files: [at('ground/config.yaml')] })
    assert.deepEqual(
      [config.name, config.role, config.swarm, config.closed, config.bootstrap, config.pskFile],
      ['ground', 'anchor', 'north', true, [BOOTSTRAP], at('ground/trust/psk.key')],
    )
  })

  it('keeps what is there when it joins again', async () => {
    const config = readFileSync(at('ground/config.yaml'), 'utf8')
    const { code, stdout } = await skein(['init', '--join', at('ground.bundle'), '--data-dir', at('ground')])
    assert.equal(code, 0)
    assert.match(stdout, /^agent +12D3Koo\w+ \(was there, kept\)\n/)
    assert.equal(readFileSync(at('ground/config.yaml'), 'utf8'), config)
  })

  for (const [what, args, code, message] of [
    ['what is no bundle', () => ['--join', at('network.key')], 1, /this is no bundle of skein ca/],
    ['another root', () => ['--join', at('ground.bundle'), '--root', 'SHA256:x'], 1, /and not to SHA256:x/],
    [
      'another swarm',
      () => ['--join', at('ground.bundle'), '--swarm', 'south'],
      1,
      /says swarm 'south', and/,
    ],
    ['a file that is not there', () => ['--join', at('none')], 74, /ENOENT/],
    ['a root without a bundle', () => ['--root', 'SHA256:x'], 2, /--root: says which root key to believe/],
  ] as const) {
    it(`says no to ${what}, and writes nothing`, async () => {
      const ended = await skein(['init', ...args(), '--data-dir', at('other')])
      assert.equal(ended.code, code)
      assert.match(ended.stderr, message)
      assert.ok(!existsSync(at('other')))
    })
  }
})
