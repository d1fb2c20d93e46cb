import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readAuthority } from '../../../node/authority/directory.ts'
import { enrol } from '../../../node/demo/enrol.ts'
import { loadIdentity } from '../../../node/identity/identity.ts'
import { readCredential, readGenesis, readRevocations } from '../../../node/trust/trust-files.ts'

const RECRUITS = [
  { name: 'relay', roles: ['relay', 'anchor'] },
  { name: 'drone-1', roles: ['drone'] },
] as const
const START_MS = Date.UTC(2026, 0, 1)
const DAY_MS = 86_400_000

describe('demo: enrol', () => {
  let root = ''
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'skein-enrol-'))
  })
  after(() => rm(root, { recursive: true }))

  /** Serials of the certificates in the members' data directories. */
  const serials = () =>
    Promise.all(
      RECRUITS.map(async ({ name }) => {
        const dataDir = join(root, name)
        const genesis = (await readGenesis(dataDir)) ?? assert.fail('no genesis')
        const { agent } = await loadIdentity(dataDir)
        return (await readCredential(dataDir, genesis, agent)).certificate.serial
      }),
    )

  it('founds a swarm beside the data, of which all are members', async () => {
    await enrol(root, RECRUITS, START_MS)
    assert.deepEqual(await serials(), [1, 2])
    const { founding, issued } = await readAuthority(join(root, 'authority'), () => START_MS)
    assert.equal(founding.swarm, 'demo')
    assert.deepEqual(
      issued.map(({ certificate }) => certificate.roles),
      RECRUITS.map(({ roles }) => roles),
    )
  })

  it('goes on with the same keys on the same data, under new certificates', async () => {
    const before = await loadIdentity(join(root, 'drone-1'))
    await enrol(root, RECRUITS, START_MS + 60 * DAY_MS)
    assert.deepEqual(await serials(), [3, 4])
    assert.equal((await loadIdentity(join(root, 'drone-1'))).agent, before.agent)
  })

  it('takes a new one in the place of a member whose data was removed', async () => {
    await rm(join(root, 'drone-1'), { recursive: true })
    await enrol(root, RECRUITS, START_MS + 61 * DAY_MS)
    assert.deepEqual(await serials(), [5, 6])
    const relay = join(root, 'relay')
    const genesis = (await readGenesis(relay)) ?? assert.fail('no genesis')
    assert.equal((await readRevocations(relay, genesis))?.revocations.length, 1)
  })
})
