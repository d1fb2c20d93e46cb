import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { type Authority, createAuthority } from '../../../node/authority/authority.ts'
import { bundleOf } from '../../../node/authority/bundles.ts'
import { fingerprintOf } from '../../../node/authority/fingerprint.ts'
import { type Joining, joinSwarm } from '../../../node/authority/join.ts'
import { keyOf } from '../../../node/authority/keys.ts'
import { loadConfig } from '../../../node/config/load.ts'
import { createIdentity, loadIdentity } from '../../../node/identity/identity.ts'
import { isSealed } from '../../../node/store/sealed/sealed-file.ts'
import { readPsk } from '../../../node/store/sealed/sealed-psk.ts'
import { unlockData } from '../../../node/store/sealed/unlock.ts'
import { readCredential, readGenesis, readRevocations } from '../../../node/trust/trust-files.ts'
import { agentIdOf } from '../../../protocols/identity/agent-id.ts'
import { tempDir } from './temp-dir.ts'

const DAY_MS = 86_400_000
const START_MS = Date.UTC(2026, 0, 1)
const SEED = new Uint8Array(32).fill(77)
const HERON = agentIdOf(keyOf(SEED).signer.publicKey)
const PSK = new TextEncoder().encode('/key/swarm/psk/1.0.0/\n/base16/\n00\n')

const authorityOf = (swarm = 'north') => createAuthority({ swarm, nowMs: () => START_MS })

/** A bundle for heron. */
function bundleBy(
  authority: Authority,
  extra: { seed?: Uint8Array | null; psk?: Uint8Array; days?: number } = {},
) {
  const { seed = SEED, psk = null, days = 7 } = extra
  const grant = {
    agent: HERON,
    name: 'heron',
    roles: ['drone' as const],
    notAfterMs: START_MS + days * DAY_MS,
  }
  return bundleOf(authority, authority.issue(grant), { seed, psk, bootstrap: [] })
}

describe('joining a swarm', () => {
  const at = tempDir()
  let dirs = 0
  const newDir = () => at(`node-${++dirs}`)
  const join = (dataDir: string, bundle: Uint8Array, more: Partial<Joining> = {}) =>
    joinSwarm({ dataDir, bundle, root: null, swarm: null, nowMs: START_MS, ...more })

  it('makes of an empty directory that of a member', async () => {
    const authority = authorityOf()
    const dataDir = newDir()
    const joined = await join(dataDir, bundleBy(authority, { psk: PSK }))
    assert.deepEqual([joined.madeIdentity, joined.isEarly], [true, false])
    assert.equal((await loadIdentity(dataDir)).agent, HERON)
    const genesis = (await readGenesis(dataDir)) ?? assert.fail('no genesis')
    assert.deepEqual(genesis, authority.founding)
    assert.equal((await readCredential(dataDir, genesis, HERON)).certificate.serial, 1)
    assert.equal(await readRevocations(dataDir, genesis), null)
    assert.deepEqual(readFileSync(joined.pskFile ?? ''), Buffer.from(PSK))
    assert.equal(statSync(`${dataDir}/trust`).mode & 0o777, 0o700)
    for (const name of readdirSync(`${dataDir}/trust`))
      assert.equal(statSync(`${dataDir}/trust/${name}`).mode & 0o777, 0o600, name)
  })

  it('writes no key in plain into an encrypted directory', async () => {
    const dataDir = newDir()
    const file = at(`data-key-${dirs}`)
    writeFileSync(file, randomBytes(32), { mode: 0o600 })
    const dataKey = await unlockData(dataDir, { file, command: [] })
    const authority = authorityOf()
    const joined = await join(dataDir, bundleBy(authority, { psk: PSK }), { dataKey })
    assert.equal((await loadIdentity(dataDir, dataKey)).agent, HERON)
    assert.ok(!existsSync(`${dataDir}/identity.key`))
    const pskFile = joined.pskFile ?? ''
    assert.ok(isSealed(readFileSync(pskFile)))
    assert.deepEqual(await readPsk(pskFile, dataKey), PSK)
    await assert.rejects(readPsk(pskFile, null), { code: 'store-encrypted' })
    assert.equal(loadConfig({ flags: { pskFile } }).config.pskFile, pskFile)
    await assert.rejects(join(dataDir, bundleBy(authority)), { code: 'IDENTITY_ENCRYPTED' })
  })

  it('leaves the key with the agent that made it', async () => {
    const dataDir = newDir()
    await createIdentity(dataDir, SEED)
    const joined = await join(dataDir, bundleBy(authorityOf(), { seed: null }))
    assert.equal(joined.madeIdentity, false)
  })

  it('installs a renewed certificate and a newer list over the old', async () => {
    const authority = authorityOf()
    const dataDir = newDir()
    await join(dataDir, bundleBy(authority, { psk: PSK }))
    authority.revoke({ agent: HERON, serial: 1 })
    await join(dataDir, bundleBy(authority, { seed: null }))
    assert.equal((await readCredential(dataDir, authority.founding, HERON)).certificate.serial, 2)
    assert.equal((await readRevocations(dataDir, authority.founding))?.epoch, 1)
    assert.ok(existsSync(`${dataDir}/trust/psk.key`), 'the network key stays')
  })

  it('keeps a list that is newer than that of the bundle', async () => {
    const authority = authorityOf()
    const dataDir = newDir()
    bundleBy(authority)
    const before = bundleBy(authority)
    authority.revoke({ agent: HERON, serial: 1 })
    await join(dataDir, bundleBy(authority))
    await assert.rejects(join(dataDir, before), { code: 'JOIN_OLDER' })
    assert.equal((await readRevocations(dataDir, authority.founding))?.epoch, 1)
  })

  it('mends damaged trust files', async () => {
    const authority = authorityOf()
    const dataDir = newDir()
    await join(dataDir, bundleBy(authority))
    for (const name of ['genesis.cbor', 'credential.cbor']) writeFileSync(`${dataDir}/trust/${name}`, 'xx')
    await join(dataDir, bundleBy(authority))
    assert.equal((await readCredential(dataDir, authority.founding, HERON)).certificate.serial, 2)
  })

  it('takes the root key that was pinned, and no other', async () => {
    const authority = authorityOf()
    const bundle = bundleBy(authority)
    const root = fingerprintOf(authority.founding.rootKey)
    assert.match(root, /^SHA256:[A-Za-z0-9+/]{43}$/)
    await join(newDir(), bundle, { root })
    const dataDir = newDir()
    await assert.rejects(join(dataDir, bundle, { root: 'SHA256:other' }), {
      code: 'JOIN_ROOT',
      message:
        /the bundle goes back to root key SHA256:.*, and not to SHA256:other\. It is of another authority/,
    })
    assert.ok(!existsSync(dataDir))
  })

  it('says when the certificate begins later, and takes it: a clock may be behind', async () => {
    const joined = await join(newDir(), bundleBy(authorityOf()), { nowMs: START_MS - DAY_MS })
    assert.equal(joined.isEarly, true)
  })

  describe('is refused, and nothing written, when the bundle is', () => {
    const good = bundleBy(authorityOf())
    const altered = Uint8Array.from(good)
    altered[40] = (good[40] ?? 0) ^ 1
    const cases: readonly [string, Uint8Array, Partial<Joining>, string, RegExp][] = [
      ['no bundle', new TextEncoder().encode('hello'), {}, 'JOIN_BUNDLE', /this is no bundle of skein ca/],
      ['empty', new Uint8Array(), {}, 'JOIN_BUNDLE', /this is no bundle of skein ca/],
      ['cut short', good.subarray(0, -20), {}, 'JOIN_BUNDLE', /cut short or altered: .*Fetch the file again/],
      ['altered', altered, {}, 'JOIN_BUNDLE', /cut short or altered: /],
      [
        'expired',
        good,
        { nowMs: START_MS + 8 * DAY_MS },
        'JOIN_EXPIRED',
        /no node would let this in: certificate 1 ended 24 h ago: renew it\. .*check the clock/,
      ],
      [
        'of another swarm than the configuration says',
        good,
        { swarm: 'south' },
        'JOIN_SWARM',
        /the configuration says swarm 'south', and the bundle is of 'north'/,
      ],
      [
        'without a key, and the directory has none',
        bundleBy(authorityOf(), { seed: null }),
        {},
        'JOIN_IDENTITY',
        /is for agent 12D3Koo\w+ \('heron'\) and brings no key, and .* has none\. Use it .* where skein init made/,
      ],
    ]
    for (const [what, bundle, more, code, message] of cases) {
      it(what, async () => {
        const dataDir = newDir()
        await assert.rejects(join(dataDir, bundle, more), { name: 'JoinError', code, message })
        assert.ok(!existsSync(dataDir))
      })
    }

    it('revoked by the list it brings', async () => {
      const authority = authorityOf()
      const first = authority.issue({
        agent: HERON,
        name: 'heron',
        roles: ['drone'],
        notAfterMs: START_MS + DAY_MS,
      })
      authority.revoke({ agent: HERON, reason: 'stolen' })
      const bundle = bundleOf(authority, first, { seed: SEED, psk: null, bootstrap: [] })
      await assert.rejects(join(newDir(), bundle), {
        code: 'JOIN_REVOKED',
        message: /no node would let this in: certificate 1 was revoked: stolen/,
      })
    })

    it('of another swarm than the directory, or of another root by the same name', async () => {
      const dataDir = newDir()
      await join(dataDir, good)
      await assert.rejects(join(dataDir, bundleBy(authorityOf('south'))), {
        code: 'JOIN_SWARM',
        message:
          /belongs to swarm 'north' \(root SHA256:.*\), and the bundle is of 'south' .*Use another --data-dir/,
      })
      await assert.rejects(join(dataDir, bundleBy(authorityOf('north'))), { code: 'JOIN_SWARM' })
    })

    it('for another agent than the directory is of', async () => {
      const dataDir = newDir()
      const { agent } = await createIdentity(dataDir)
      await assert.rejects(join(dataDir, good), {
        code: 'JOIN_IDENTITY',
        message: new RegExp(
          `is that of ${agent}\\. Use another --data-dir, or .*skein ca issue --agent ${agent}`,
        ),
      })
      assert.equal((await loadIdentity(dataDir)).agent, agent)
      assert.ok(!existsSync(`${dataDir}/trust`))
    })
  })

  it('says so when the directory can not be written', async () => {
    writeFileSync(at('file'), '')
    await assert.rejects(
      join(at('file', 'data'), bundleBy(authorityOf())),
      /Choose a --data-dir that this user may/,
    )
    if (process.getuid?.() === 0) return console.log('      (as root, no directory is closed: half tried)')
    mkdirSync(at('closed'))
    chmodSync(at('closed'), 0o500)
    await assert.rejects(
      join(at('closed', 'data'), bundleBy(authorityOf())),
      /Choose a --data-dir that this user may/,
    )
  })
})
