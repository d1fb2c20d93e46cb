import assert from 'node:assert/strict'
import { Authority, createAuthority } from '../../../node/authority/authority.ts'
import { keyOf } from '../../../node/authority/keys.ts'
import { agentIdOf } from '../../../protocols/identity/agent-id.ts'
import { verifyEd25519 } from '../../../protocols/identity/ed25519.ts'
import { openCredential } from '../../../protocols/trust/certificate.ts'
import { openRevocations } from '../../../protocols/trust/revocations.ts'
import { Membership } from '../../../src/policy/membership.ts'
import type { Role } from '../../../src/policy/roles.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const START_MS = Date.UTC(2026, 0, 1)

const seedOf = (n: number) => new Uint8Array(32).fill(n)
const agentOf = (n: number) => agentIdOf(keyOf(seedOf(n)).signer.publicKey)
const agentOfNumber = (n: number) => {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, n + 1)
  return agentIdOf(keyOf(seed).signer.publicKey)
}
const HERON = agentOf(100)
const EGRET = agentOf(101)

/** An authority whose clock stands still until told. */
function founded() {
  const clock = { nowMs: START_MS }
  const authority = createAuthority({ swarm: 'north', nowMs: () => clock.nowMs })
  const issue = (
    agent = HERON,
    name = 'heron',
    more: { roles?: readonly Role[]; forMs?: number; cells?: readonly string[] } = {},
  ) =>
    authority.issue({
      agent,
      name,
      roles: more.roles ?? ['drone'],
      ...(more.cells !== undefined && { cells: more.cells }),
      notAfterMs: clock.nowMs + (more.forMs ?? DAY_MS),
    })
  const open = (credential: Uint8Array) => {
    const opened = openCredential(credential, authority.founding, verifyEd25519)
    return 'credential' in opened ? opened.credential : assert.fail(opened.reason)
  }
  /** A member that knows nothing but the founding record and what it is handed. */
  const member = () => new Membership({ swarm: 'north', clockBoundMs: 1000, graceMs: HOUR_MS }, null)
  const list = (bytes: Uint8Array) => openRevocations(bytes, authority.founding, verifyEd25519)
  return { clock, authority, issue, open, member, list }
}

describe('authority', () => {
  it('founds a swarm whose record says what must be the same everywhere', () => {
    const authority = createAuthority({
      swarm: 'north',
      nowMs: () => START_MS,
      voters: [EGRET, HERON, EGRET],
      defaults: { graceMs: 5_000 },
    })
    const { swarm, createdMs, voters, defaults } = authority.founding
    assert.deepEqual(
      { swarm, createdMs, voters, defaults },
      {
        swarm: 'north',
        createdMs: START_MS,
        voters: [EGRET, HERON].sort(),
        defaults: { clockBoundMs: 1000, cellResolution: 8, graceMs: 5_000, rootLeaseMs: 900_000 },
      },
    )
  })

  it('issues what every member of its swarm believes, and nobody else', () => {
    const { issue, open, member, clock } = founded()
    const { credential, serial } = issue()
    const opened = open(credential)
    assert.equal(opened.certificate.serial, serial)
    assert.deepEqual(member().admit(opened, HERON, clock.nowMs), { standing: 'valid' })
    const other = openCredential(credential, founded().authority.founding, verifyEd25519)
    assert.equal('refusal' in other && other.refusal, 'signature')
  })

  it('gives every certificate a serial of its own, rising', () => {
    const { issue } = founded()
    assert.deepEqual(
      [issue(), issue(EGRET, 'egret'), issue()].map(({ serial }) => serial),
      [1, 2, 3],
    )
  })

  describe('refuses', () => {
    const cases: readonly [string, () => unknown, string, RegExp][] = [
      [
        'a name that another agent has',
        () => {
          const { issue } = founded()
          issue()
          issue(EGRET, 'heron')
        },
        'AUTHORITY_REFUSED',
        /the name 'heron' is that of agent 12D3Koo\w+\. Choose another name/,
      ],
      [
        'a certificate that outlives its issuing key',
        () => founded().issue(HERON, 'heron', { forMs: 366 * DAY_MS }),
        'AUTHORITY_REFUSED',
        /would outlive issuing key 1, which ends on 2027-01-01T00:00Z\. Give a shorter life \(--for\)/,
      ],
      [
        'to issue with a key that has ended',
        () => {
          const { issue, clock } = founded()
          clock.nowMs += 366 * DAY_MS
          issue()
        },
        'AUTHORITY_ISSUER_EXPIRED',
        /issuing key 1 ended on 2027-01-01T00:00Z\. Make a new one with the root key: skein ca rotate/,
      ],
      [
        'to issue by a clock that is behind the issuing key',
        () => {
          const { issue, clock } = founded()
          clock.nowMs -= DAY_MS
          issue()
        },
        'AUTHORITY_REFUSED',
        /issuing key 1 begins on .* yet to come\. Check this machine's clock/,
      ],
      [
        'a certificate without a future',
        () => founded().issue(HERON, 'heron', { forMs: 0 }),
        'AUTHORITY_REFUSED',
        /end before it begins/,
      ],
      [
        'no role',
        () => founded().issue(HERON, 'heron', { roles: [] }),
        'AUTHORITY_REFUSED',
        /at least one role/,
      ],
      [
        'an unknown role',
        () => founded().issue(HERON, 'heron', { roles: ['queen' as Role] }),
        'AUTHORITY_REFUSED',
        /no role 'queen'\. Roles are drone, /,
      ],
      [
        'what is no cell',
        () => founded().issue(HERON, 'heron', { cells: ['zurich'] }),
        'AUTHORITY_REFUSED',
        /'zurich' is no H3 cell/,
      ],
      ['what is no name', () => founded().issue(HERON, ' '), 'AUTHORITY_REFUSED', /can't be a name/],
      [
        'a name that reads as a serial',
        () => founded().issue(HERON, '12'),
        'AUTHORITY_REFUSED',
        /'12' can't be a name: of digits alone, it would be taken for a serial\. Add a letter, such as heron-12/,
      ],
      [
        'what is no agent',
        () => founded().issue('heron', 'heron'),
        'AUTHORITY_REFUSED',
        /'heron' is not the peer id of an Ed25519 key/,
      ],
      [
        'a voter that is no agent',
        () => createAuthority({ swarm: 'north', nowMs: () => 1, voters: ['heron'] }),
        'AUTHORITY_REFUSED',
        /voter 'heron' is not the peer id/,
      ],
      [
        'what is no name of a swarm',
        () => createAuthority({ swarm: 'North Sea', nowMs: () => 1 }),
        'AUTHORITY_REFUSED',
        /'North Sea' can't be the name of a swarm/,
      ],
      [
        'to revoke who was never there',
        () => founded().authority.revoke({ agent: EGRET }),
        'AUTHORITY_UNKNOWN',
        /was never issued a certificate/,
      ],
      [
        'to disown a key that never was',
        () => founded().authority.disown([2]),
        'AUTHORITY_UNKNOWN',
        /no issuing key 2\. They are numbered from 1 to 1/,
      ],
    ]
    for (const [what, act, code, message] of cases)
      it(what, () => assert.throws(act, { name: 'AuthorityError', code, message }))
  })

  it('lets a name pass on once its holder is out', () => {
    const { issue, authority, clock } = founded()
    issue()
    authority.revoke({ agent: HERON })
    issue(EGRET, 'heron')
    clock.nowMs += 2 * DAY_MS
    issue(HERON, 'heron')
  })

  describe('revoking', () => {
    it('puts out what an agent has, and lets in what it is given after', () => {
      const { issue, open, member, authority, list, clock } = founded()
      const first = open(issue().credential)
      const bytes = authority.revoke({ agent: HERON, reason: 'stolen', validTo: { boot: 2, seq: 70 } })
      const second = open(issue().credential)
      const someone = member()
      someone.revoke(list(bytes))
      const refused = someone.admit(first, HERON, clock.nowMs)
      assert.deepEqual(refused, { refusal: 'revoked', reason: 'certificate 1 was revoked: stolen' })
      assert.deepEqual(someone.admit(second, HERON, clock.nowMs), { standing: 'valid' })
      assert.equal(second.certificate.epoch, 1)
      assert.deepEqual(list(bytes).revocations[0]?.validTo, { boot: 2, seq: 70 })
    })

    it('raises the epoch by one each time, and keeps what was taken back', () => {
      const { issue, authority, list } = founded()
      issue()
      issue(EGRET, 'egret')
      issue(EGRET, 'egret')
      authority.revoke({ agent: EGRET })
      const last = list(authority.revoke({ agent: HERON }))
      assert.equal(last.epoch, 2)
      assert.equal(last.revocations.length, 2)
      const again = list(authority.revoke({ agent: EGRET, serial: 2 }))
      assert.equal(again.revocations.find(({ agent }) => agent === EGRET)?.serial, 3)
    })

    it('keeps every entry, whatever the clock says: one that was wrong once lets nobody in again', () => {
      const { issue, authority, list, clock } = founded()
      issue()
      issue(EGRET, 'egret')
      authority.revoke({ agent: HERON })
      clock.nowMs += 200 * DAY_MS
      assert.equal(list(authority.revoke({ agent: EGRET })).revocations.length, 2)
      clock.nowMs -= 200 * DAY_MS
      assert.equal(list(authority.revoke({ agent: EGRET })).revocations.length, 2)
    })

    it('never lets what an agent signed be valid again, nor forgets how far it was: once more keeps or lowers it', () => {
      const { issue, authority, list } = founded()
      issue()
      const validTo = (place?: { boot: number; seq: number } | null) =>
        list(authority.revoke({ agent: HERON, ...(place !== undefined && { validTo: place }) }))
          .revocations[0]?.validTo
      assert.deepEqual(validTo({ boot: 2, seq: 70 }), { boot: 2, seq: 70 })
      assert.deepEqual(validTo(), { boot: 2, seq: 70 })
      assert.deepEqual(validTo({ boot: 2, seq: 60 }), { boot: 2, seq: 60 })
      const refused = {
        code: 'AUTHORITY_REFUSED',
        message: /valid up to 2:60, and would be to \d+:\d+ again\. Give at most --valid-to 2:60/,
      }
      assert.throws(() => validTo({ boot: 2, seq: 61 }), refused)
      assert.throws(() => validTo({ boot: 3, seq: 1 }), refused)
      assert.equal(validTo(null), null)
      assert.throws(() => validTo({ boot: 1, seq: 1 }), { code: 'AUTHORITY_REFUSED', message: /nothing/ })
      // What it did since it was let in again is judged anew, if somebody says how far.
      issue()
      assert.equal(validTo(), null)
      issue()
      assert.deepEqual(validTo({ boot: 4, seq: 9 }), { boot: 4, seq: 9 })
    })

    describe('pruning', () => {
      /** Two agents out, whose certificates ended after one and ten days. */
      const twoOut = () => {
        const swarm = founded()
        swarm.issue()
        swarm.issue(EGRET, 'egret', { forMs: 10 * DAY_MS })
        swarm.authority.revoke({ agent: HERON })
        swarm.authority.revoke({ agent: EGRET })
        return swarm
      }

      it('drops what ended 90 days ago and more, in a list of its own, and says who that is', () => {
        const { authority, clock, list } = twoOut()
        clock.nowMs += 91 * DAY_MS
        assert.equal(authority.prune(), null)
        clock.nowMs += DAY_MS
        const { bytes, dropped } = authority.prune() ?? assert.fail('nothing was dropped')
        assert.deepEqual(
          dropped.map(({ agent }) => agent),
          [HERON],
        )
        const left = list(bytes)
        assert.deepEqual([left.epoch, left.revocations.map(({ agent }) => agent)], [3, [EGRET]])
      })

      it('is not done by a clock behind anything that is known, or beyond the issuing key', () => {
        const { authority, clock } = twoOut()
        clock.nowMs = START_MS + 120 * DAY_MS
        authority.revoke({ agent: EGRET })
        clock.nowMs -= 1
        assert.throws(() => authority.prune(), {
          code: 'AUTHORITY_REFUSED',
          message: /clock says 2026-\d\d-\d\dT\d\d:\d\dZ, which is before .*Check this machine's clock/,
        })
        clock.nowMs = START_MS + 366 * DAY_MS
        assert.throws(() => authority.prune(), { code: 'AUTHORITY_ISSUER_EXPIRED' })
      })

      it('keeps what may take back a certificate that a restored registry forgot', () => {
        const { authority, clock } = twoOut()
        authority.revoke({ agent: HERON, serial: 40 })
        authority.revoke({ agent: agentOf(102), serial: 1 })
        clock.nowMs += 300 * DAY_MS
        assert.deepEqual(
          authority.prune()?.dropped.map(({ agent }) => agent),
          [EGRET],
        )
      })

      it('is done by itself when a list is full, but never of the entry that is added', () => {
        const { authority, issue, clock, list } = founded()
        const agents = Array.from({ length: 401 }, (_, i) => agentOfNumber(i))
        for (const [i, agent] of agents.entries()) issue(agent, `n-${i}`)
        for (const agent of agents.slice(0, 400)) authority.revoke({ agent })
        assert.throws(() => authority.revoke({ agent: agents[400] ?? '' }), {
          code: 'AUTHORITY_REFUSED',
          message: /at most 400 entries/,
        })
        clock.nowMs += 100 * DAY_MS
        assert.deepEqual(
          list(authority.revoke({ agent: agents[400] ?? '' })).revocations.map(({ agent }) => agent),
          [agents[400]],
        )
      }).timeout(30_000)
    })

    it('goes on with serials and epochs where a swarm is that knows more than a restored registry', () => {
      const { issue, authority, list, member, open, clock } = founded()
      issue()
      const back = list(authority.revoke({ agent: HERON, serial: 40, afterEpoch: 17 }))
      assert.deepEqual([back.epoch, back.revocations[0]?.serial], [18, 40])
      const { serial, credential } = issue(EGRET, 'egret')
      assert.equal(serial, 41)
      // Whoever is put out now is so with all certificates up to here, also those that were forgotten.
      const next = list(authority.revoke({ agent: HERON }))
      assert.deepEqual([next.epoch, next.revocations[0]?.serial], [19, 41])
      const someone = member()
      someone.revoke(next)
      assert.deepEqual(someone.admit(open(credential), EGRET, clock.nowMs), { standing: 'valid' })
      assert.throws(() => authority.revoke({ agent: HERON, serial: 2e9 }), { code: 'AUTHORITY_REFUSED' })
      assert.throws(() => authority.revoke({ agent: HERON, afterEpoch: 1_000_000 }), {
        code: 'AUTHORITY_REFUSED',
        message: /issuing key 1 .*skein ca rotate/,
      })
    })

    it('is not signed by a key that has ended, or not begun', () => {
      for (const [days, code] of [
        [366, 'AUTHORITY_ISSUER_EXPIRED'],
        [-1, 'AUTHORITY_REFUSED'],
      ] as const) {
        const { issue, authority, clock } = founded()
        issue()
        clock.nowMs += days * DAY_MS
        assert.throws(() => authority.revoke({ agent: HERON }), { code, message: /rotate|clock/ })
        assert.equal(authority.revocations, null)
        // The root key always may.
        assert.ok(authority.disown([1]))
      }
    })
  })

  describe('a new issuing key', () => {
    it('leaves good what the old one issued', () => {
      const { issue, open, member, authority, clock } = founded()
      const before = open(issue().credential)
      clock.nowMs += HOUR_MS
      authority.rotate()
      const after = open(issue(EGRET, 'egret').credential)
      assert.deepEqual([before.issuer.serial, after.issuer.serial], [1, 2])
      assert.deepEqual(member().admit(before, HERON, clock.nowMs), { standing: 'valid' })
      assert.deepEqual(member().admit(after, EGRET, clock.nowMs), { standing: 'valid' })
    })

    it('puts out all that the old one issued when that is disowned, and stays so with every later list', () => {
      const { issue, open, member, authority, list, clock } = founded()
      const before = open(issue().credential)
      authority.rotate()
      const disowned = list(authority.disown([1]))
      assert.equal(disowned.issuer, 0)
      const later = list(authority.revoke({ agent: HERON, serial: 1 }))
      assert.deepEqual([later.issuer, later.issuers], [2, [1]])
      for (const known of [disowned, later]) {
        const someone = member()
        someone.revoke(known)
        const judged = someone.admit(before, HERON, clock.nowMs)
        assert.equal('refusal' in judged && judged.refusal, 'revoked')
      }
    })

    it('counts on where no older key can: a thief does not outnumber it', () => {
      const { issue, authority, list } = founded()
      issue()
      assert.equal(list(authority.revoke({ agent: HERON })).epoch, 1)
      authority.rotate()
      assert.equal(list(authority.revoke({ agent: HERON })).epoch, 1_000_001)
      assert.equal(list(authority.disown([2])).epoch, 2_000_001)
      assert.throws(() => authority.revoke({ agent: HERON }), {
        code: 'AUTHORITY_REFUSED',
        message: /issuing key 2 was disowned, .*skein ca rotate/,
      })
      authority.rotate()
      assert.equal(list(authority.revoke({ agent: HERON })).epoch, 2_000_002)
    })

    it('is not made, and none disowned, without the root key', () => {
      const { authority } = founded()
      const { genesis, issuing, issued } = authority
      const state = { genesis, root: null, issuing, issued, revocations: null }
      const offline = new Authority(state, () => START_MS)
      const missing = { code: 'AUTHORITY_ROOT_NEEDED', message: /needs the root key.*Give --root-key FILE/ }
      assert.throws(() => offline.rotate(), missing)
      assert.throws(() => offline.disown([1]), missing)
    })
  })
})
