import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Ended, skein } from './skein.ts'

/** One after the other, as an operator would: each step goes on from those before it. */
describe('cli: ca', () => {
  let dir = ''
  const at = (name: string): string => join(dir, name)
  const ca = (...args: readonly string[]): Promise<Ended> => skein(['ca', ...args, '--dir', at('ca')])
  const good = async (...args: readonly string[]): Promise<Ended> => {
    const ended = await ca(...args)
    assert.equal(ended.code, 0, ended.stderr)
    return ended
  }
  const json = async (...args: readonly string[]) => JSON.parse((await good(...args, '-o', 'json')).stdout)
  let root = ''

  /** What a node answers about a list, and all that it was handed; gone after the test. */
  const fakeNode = async (answer: { taken: boolean; epoch: number; revoked?: readonly unknown[] }) => {
    const posted: { url: string | undefined; type: string | undefined; body: Buffer }[] = []
    const server = createServer(async (request, response) => {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part)
      const { url, method } = request
      if (method === 'POST')
        posted.push({ url, type: request.headers['content-type'], body: Buffer.concat(parts) })
      const { taken, epoch, revoked = [] } = answer
      const said =
        method === 'POST' ? { taken, epoch } : { swarm: 'north', root, epoch, revoked, witnessed: [] }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    nodes.push(server)
    return { port: String((server.address() as AddressInfo).port), posted }
  }
  const nodes: Server[] = []
  afterEach(() => {
    for (const server of nodes.splice(0)) server.close()
  })

  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'skein-ca-'))
    writeFileSync(at('zones.json'), '{}')
    writeFileSync(at('secret'), 'grüne Gans\n')
    writeFileSync(at('other-secret'), 'graue Gans\n')
  })
  after(() => rmSync(dir, { recursive: true }))

  it('init founds a swarm, the root key apart and under a passphrase', async () => {
    const rootKey = ['--root-key', at('root.key'), '--passphrase-file', at('secret')]
    const made = await json(
      'init',
      '--swarm',
      'north',
      '--grace',
      '30m',
      '--zones',
      at('zones.json'),
      ...rootKey,
    )
    assert.match(made.root, /^SHA256:/)
    assert.equal(made.rootKey, at('root.key'))
    root = made.root
    const genesis = await json('show', at('ca/genesis.cbor'))
    assert.deepEqual(
      [genesis.swarm, genesis.root, genesis.defaults.graceMs, genesis.zones[0].name],
      ['north', root, 1_800_000, 'zones.json'],
    )
  })

  it('init says no where there is an authority', async () => {
    const { code, stderr } = await ca('init', '--swarm', 'north')
    assert.equal(code, 73)
    assert.match(stderr, /holds an authority already\. Choose another --dir/)
  })

  it('issue makes a key, says aloud that the bundle is a secret, and that nobody else may read it', async () => {
    const { stdout, stderr } = await good(
      'issue',
      '--name',
      'heron',
      '--role',
      'drone',
      '--for',
      '2d',
      '--out',
      at('heron.bundle'),
    )
    assert.match(stdout, /^name {4}heron\n/)
    assert.match(
      stderr,
      /heron\.bundle is a secret: it holds the agent's key\. Hand it to heron alone, then delete it\./,
    )
    assert.equal(statSync(at('heron.bundle')).mode & 0o777, 0o600)
  })

  it('issue to an agent of its own key makes a bundle without a secret', async () => {
    const agent = JSON.parse((await skein(['ca', 'show', at('heron.bundle'), '-o', 'json'])).stdout).agent
    const renamed = await ca(
      'issue',
      '--name',
      'gs',
      '--role',
      'anchor',
      '--role',
      'dispatcher',
      '--agent',
      agent,
      '--out',
      at('gs.bundle'),
    )
    assert.equal(renamed.code, 0, renamed.stderr)
    assert.equal(renamed.stderr, '')
    const shown = await json('show', at('gs.bundle'))
    assert.deepEqual([shown.key, shown.roles, shown.root], [false, ['anchor', 'dispatcher'], root])
  })

  for (const [what, args, code, message] of [
    [
      'a name that another has',
      ['--name', 'gs', '--role', 'drone'],
      1,
      /the name 'gs' is that of agent 12D3Koo/,
    ],
    [
      'an unknown role',
      ['--name', 'x', '--role', 'queen'],
      1,
      /there is no role 'queen'\. Roles are drone, anchor/,
    ],
    [
      'too long a life',
      ['--name', 'x', '--role', 'drone', '--for', '400d'],
      1,
      /would outlive issuing key 1, .*skein ca rotate/,
    ],
    [
      'a life in no unit',
      ['--name', 'x', '--role', 'drone', '--for', '7'],
      2,
      /--for 7: must be seconds, minutes, hours or days/,
    ],
    [
      'no address',
      ['--name', 'x', '--role', 'drone', '--bootstrap', 'relay'],
      2,
      /--bootstrap relay: must be a multiaddr/,
    ],
    [
      'a network key that is none',
      ['--name', 'x', '--role', 'drone', '--psk', fileURLToPath(import.meta.url)],
      2,
      /--psk .*: is no pre-shared key: it needs the lines/,
    ],
    [
      'no agent',
      ['--name', 'x', '--role', 'drone', '--agent', 'heron'],
      1,
      /'heron' is not the peer id of an Ed25519 key/,
    ],
  ] as const) {
    it(`issue says no to ${what}, and writes nothing`, async () => {
      const ended = await ca('issue', ...args, '--out', at('x.bundle'))
      assert.equal(ended.code, code)
      assert.match(ended.stderr, message)
      assert.ok(!existsSync(at('x.bundle')))
    })
  }

  it('issue never overwrites a bundle', async () => {
    const before = readFileSync(at('heron.bundle'))
    const { code, stderr } = await ca('issue', '--name', 'x', '--role', 'drone', '--out', at('heron.bundle'))
    assert.equal(code, 2)
    assert.match(stderr, /is there already, and may hold a key\. Choose another file/)
    assert.deepEqual(readFileSync(at('heron.bundle')), before)
  })

  it('renew gives the same again, says what changes, and puts no key into the bundle', async () => {
    const [renewal] = await json('renew', 'gs', '--out', at('gs-2.bundle'))
    assert.deepEqual([renewal.serial, renewal.replaces, renewal.name], [3, 2, 'gs'])
    assert.equal((await json('show', at('gs-2.bundle'))).key, false)
  })

  it('renew --all makes a bundle for each', async () => {
    const all = await json('renew', '--all', '--for', '30d', '--out', at('bundles'))
    assert.equal(all.length, 1)
    assert.equal(all[0].bundle, at('bundles/gs-4.bundle'))
  })

  it('list shows who ends soonest first', async () => {
    await good('issue', '--name', 'egret', '--role', 'relay', '--for', '1h', '--out', at('egret.bundle'))
    const rows = await json('list')
    assert.deepEqual(
      rows.map((row: { name: string; state: string; serial: number }) => [row.name, row.state, row.serial]),
      [
        ['egret', 'valid', 5],
        ['gs', 'valid', 4],
      ],
    )
    assert.match((await good('list', '--all')).stdout, /^NAME +SERIAL +STATE +ENDS +ROLES +AGENT\n/)
  })

  it('revoke makes a new list, and says how to hand it over', async () => {
    const { stdout, stderr } = await good('revoke', 'egret', '--reason', 'stolen', '--valid-to', '3:1200')
    assert.match(stdout, /^epoch +1\nagents +1 put out\n/)
    assert.match(
      stderr,
      /No node knows of it yet\. The list is .*revocations\.cbor.*skein ca revoke --api URL/s,
    )
    const { code, stdout: shown } = await ca('show', 'egret')
    assert.equal(code, 1)
    assert.match(shown, /verdict +revoked: certificate 5 was revoked: stolen/)
  })

  it('revoke --api hands the list to a node, as it is', async () => {
    const node = await fakeNode({ taken: true, epoch: 1 })
    await good('revoke', '--api', node.port)
    const body = readFileSync(at('ca/revocations.cbor'))
    assert.deepEqual(node.posted, [{ url: '/api/v1/trust/revocations', type: 'application/cbor', body }])
  })

  it('revoke --api says that the node has the list already, and is content', async () => {
    const [{ revoked: _, ...entry }] = (await json('show', at('ca/revocations.cbor'))).revocations
    const node = await fakeNode({ taken: false, epoch: 1, revoked: [entry] })
    const { stderr } = await good('revoke', '--api', node.port)
    assert.match(stderr, /The node at \d+ had this list already \(epoch 1\)/)
  })

  it('revoke --api fails when the node has another list of the same epoch, and says who would be forgotten', async () => {
    const [{ agent }] = (await json('show', at('ca/revocations.cbor'))).revocations
    const other = (await json('list')).find((row: { name: string }) => row.name === 'gs').agent
    const revoked = [{ agent: other, serial: 9, reason: 'lost', validTo: null }]
    const node = await fakeNode({ taken: false, epoch: 1, revoked })
    const { code, stderr } = await ca('revoke', 'egret', '--after-epoch', '0', '--api', node.port)
    // It signed epoch 2; the node says 1: that is no reason to refuse.
    assert.equal(code, 1)
    assert.match(stderr, /did not take the list \(epoch 2\), though it has an older one \(epoch 1\)/)
    const same = await fakeNode({ taken: false, epoch: 2, revoked })
    const again = await ca('revoke', '--api', same.port)
    assert.equal(again.code, 1)
    assert.match(again.stderr, /has another list of the same epoch 2/)
    assert.match(again.stderr, /skein ca revoke WHO --after-epoch 2 --api/)
    assert.match(again.stderr, new RegExp(`would let in again: ${other}.*--serial 9`, 's'))
    assert.ok(!again.stderr.includes(agent))
  })

  it('revoke --api fails when the node knows a newer list, and --after-epoch gets past it', async () => {
    const node = await fakeNode({ taken: false, epoch: 7, revoked: [] })
    const { code, stderr } = await ca('revoke', 'egret', '--api', node.port)
    assert.equal(code, 1)
    assert.match(stderr, /has a newer list \(epoch 7, ours is 3\).*restored from a backup/s)
    const after = await fakeNode({ taken: true, epoch: 8 })
    const made = await json('revoke', 'egret', '--after-epoch', '7', '--api', after.port)
    assert.equal(made.epoch, 8)
    const without = await ca('revoke', '--after-epoch', '9')
    assert.equal(without.code, 2)
    assert.match(without.stderr, /--after-epoch: say whom to put out/)
  })

  it('revoke puts out an agent that a restored registry forgot, by its serial', async () => {
    const agent = '12D3KooWCKTXWBSGy8aqpo3x9yYpRw9tMTHjvYSNAVqxPPGtCYYG'
    const unknown = await ca('revoke', agent)
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /no certificate was issued to '12D3Koo/)
    const list = await json('revoke', agent, '--serial', '5')
    assert.equal(list.revocations.find((entry: { agent: string }) => entry.agent === agent).serial, 5)
    assert.equal(list.epoch, 9)
  })

  it('revoke --api says when no node is there; the list stays made', async () => {
    const { code, stderr } = await ca('revoke', 'gs', '--api', '127.0.0.1:9')
    assert.equal(code, 69)
    assert.match(stderr, /127\.0\.0\.1:9/)
    assert.equal((await json('show', at('ca/revocations.cbor'))).epoch, 10)
  })

  it('prune leaves out nobody whose certificate ended just now, and makes no new list for nothing', async () => {
    const before = readFileSync(at('ca/revocations.cbor'))
    const { stdout } = await good('prune')
    assert.match(stdout, /^clock +20\d\d-.* UTC\ndropped +nobody: the list is as it was\nepoch +10\n/)
    assert.deepEqual(readFileSync(at('ca/revocations.cbor')), before)
  })

  it('renew does not bring back who was put out', async () => {
    const { code, stderr } = await ca('renew', 'egret', '--out', at('egret-2.bundle'))
    assert.equal(code, 1)
    assert.match(stderr, /'egret' was revoked, and is not renewed\. To let it in again: skein ca issue/)
  })

  it('rotate needs the root key, and its passphrase', async () => {
    const without = await ca('rotate')
    assert.equal(without.code, 78)
    assert.match(without.stderr, /needs the root key.*Say where it is: --root-key FILE/)
    const locked = await ca('rotate', '--root-key', at('root.key'))
    assert.equal(locked.code, 77)
    assert.match(locked.stderr, /is locked by a passphrase\. Give --passphrase-file FILE/)
    const wrong = await ca('rotate', '--root-key', at('root.key'), '--passphrase-file', at('other-secret'))
    assert.equal(wrong.code, 77)
    assert.match(wrong.stderr, /the passphrase does not open/)
  })

  it('rotate --revoke-old disowns the old key in a list by the root key, and renew brings its agents over', async () => {
    await good('issue', '--name', 'stork', '--role', 'drone', '--out', at('stork.bundle'))
    const rotated = await json(
      'rotate',
      '--revoke-old',
      '--root-key',
      at('root.key'),
      '--passphrase-file',
      at('secret'),
    )
    assert.deepEqual([rotated.issuingKey, rotated.epoch], [2, 1_000_001])
    const list = await json('show', at('ca/revocations.cbor'))
    assert.deepEqual([list.signedBy, list.issuers, list.revocations.length], ['root', [1], 3])
    const { stdout } = await ca('show', 'stork')
    assert.match(stdout, /revoked: certificate 6 is by issuing key 1, which was revoked/)
    const renewed = await json('renew', '--all', '--out', at('after'))
    assert.deepEqual(
      renewed.map((row: { name: string }) => row.name),
      ['stork'],
    )
    assert.equal((await json('show', 'stork')).verdict, 'valid')
  })

  it('show says what a damaged file is not', async () => {
    const bytes = readFileSync(at('stork.bundle'))
    writeFileSync(at('cut.bundle'), bytes.subarray(0, 300))
    const { code, stderr } = await ca('show', at('cut.bundle'))
    assert.equal(code, 1)
    assert.match(stderr, /cut\.bundle is nothing that skein ca makes, or it was altered/)
  })

  it('says where there is no authority, and what is damaged', async () => {
    const none = await skein(['ca', 'list', '--dir', at('nowhere')])
    assert.equal(none.code, 78)
    assert.match(none.stderr, /nowhere holds no authority\. Make one with skein ca init/)
    const file = at('ca/registry.ndjson')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"gs"', '"xy"'))
    const damaged = await ca('issue', '--name', 'x', '--role', 'drone', '--out', at('x.bundle'))
    assert.equal(damaged.code, 74)
    assert.match(
      damaged.stderr,
      /registry\.ndjson:2: the registry is damaged: .*Restore the file from a backup/,
    )
  })
})
