import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Effect, Shown, TrustMessage } from '../../../src/agent/interface.ts'
import type { TrustPort } from '../../../src/agent/trust-port.ts'
import type { EventData } from '../../../src/eventlog/event.ts'
import { latestKey } from '../../../src/eventlog/views.ts'
import type { Certificate } from '../../../src/policy/certificate.ts'
import { reportsContradict } from '../../../src/policy/contradiction.ts'
import type { Position } from '../../../src/position/position.ts'
import { hlcOfMs } from '../../../src/time/hlc.ts'
import { listOf, revocationOf } from '../policy/samples.ts'
import { T0_MS } from '../position/samples.ts'
import { credential, SWARM, shown, trust } from './closed.ts'
import { eventTypes, pick, Rig, signed } from './rig.ts'

/** An agent of a closed swarm, hovering over Zurich. */
function member(seed = 1, changes: Partial<Certificate> = {}): Rig {
  const rig = new Rig(seed, {}, trust(changes))
  rig.settle(rig.start())
  rig.fix()
  return rig
}

function hello(rig: Rig, peer: string, what: Shown = shown(peer)): string {
  const [admission] = pick(rig.step({ t: 'hello', peer, shown: what }), 'admission')
  if (admission === undefined) throw new Error('no answer to a hello')
  return 'standing' in admission.judgement ? admission.judgement.standing : admission.judgement.refusal
}

/** Lets a peer in and has it up. */
function meet(rig: Rig, peer: string, what: Shown = shown(peer)): readonly Effect[] {
  assert.equal(hello(rig, peer, what), 'valid')
  const effects = rig.step({ t: 'peer', peer, up: true, why: peer })
  rig.settle(effects)
  return effects
}

const messages = (effects: readonly Effect[]) =>
  pick(effects, 'send').map(({ to, message }) => `${to} ${message.t}`)
const tell = (rig: Rig, from: string, message: TrustMessage) => rig.step({ t: 'sync', from, message })
const list = (epoch: number, agent: string) =>
  listOf({ swarm: SWARM, epoch, revocations: [revocationOf(agent, 1)] })

describe('agent: trust', () => {
  describe('reports', () => {
    it('hears of an author only once it knows its certificate, which it asks of whoever passed the report on', () => {
      const rig = member()
      meet(rig, 'peer')
      const report = { t: 'position', from: 'peer', signed: signed({ agent: 'far', seq: 1 }) } as const
      const first = rig.step(report)
      assert.deepEqual(pick(first, 'verdict'), [
        { t: 'verdict', verdict: 'ignore', reason: 'unknown-author' },
      ])
      assert.deepEqual(messages(first), ['peer want-credentials'])
      assert.deepEqual(messages(rig.step(report)), [], 'not at every report')
      tell(rig, 'peer', { t: 'credentials', credentials: [credential('far')] })
      assert.equal(rig.hear({ agent: 'far', seq: 2 }), 'accept fresh')
    })

    it('takes no certificate that it did not ask for, but of the peer itself', () => {
      const rig = member()
      meet(rig, 'peer')
      tell(rig, 'peer', { t: 'credentials', credentials: [credential('far')] })
      assert.equal(rig.hear({ agent: 'far' }), 'ignore unknown-author')
    })

    it('hears nobody whose role does not say so', () => {
      const rig = member()
      meet(rig, 'eye', shown('eye', { opened: { credential: credential('eye', { roles: ['observer'] }) } }))
      assert.equal(rig.hear({ agent: 'eye' }), 'ignore not-allowed')
      assert.equal(rig.agent.counters.positionsNotAllowed, 1)
    })

    it('takes nothing by anti-entropy that it would not take off the air, and asks for what it lacks', () => {
      const rig = member()
      meet(rig, 'peer')
      const positions = [signed({ agent: 'far' }), signed({ agent: 'peer' })]
      const effects = rig.step({ t: 'sync', from: 'peer', message: { t: 'delta', positions } })
      assert.deepEqual(
        [...rig.agent.sharing.world.all()].map(heard => heard.signed.position.agent),
        ['peer'],
      )
      assert.deepEqual(messages(effects), ['peer want-credentials'])
      const learned = tell(rig, 'peer', { t: 'credentials', credentials: [credential('far')] })
      assert.deepEqual(messages(learned), ['peer digest'], 'and compares notes again')
    })

    it('regression: asks for the renewed certificate of an author it is not connected to, once the old one is good no more', () => {
      const rig = member()
      meet(rig, 'peer')
      rig.hear({ agent: 'far', seq: 1 })
      tell(rig, 'peer', { t: 'credentials', credentials: [credential('far')] })
      rig.settle(rig.agent.revoke(list(1, 'far'), rig.now).effects)
      const again = (): readonly Effect[] => {
        rig.ms += 2_000
        return rig.step({ t: 'position', from: 'peer', signed: signed({ agent: 'far', seq: 2 }) })
      }
      assert.deepEqual(messages(again()), ['peer want-credentials'])
      tell(rig, 'peer', { t: 'credentials', credentials: [credential('far')] })
      const positions = [signed({ agent: 'far', seq: 2 })]
      rig.ms += 2_000
      const delta = rig.step({ t: 'sync', from: 'peer', message: { t: 'delta', positions } })
      assert.deepEqual(messages(delta), ['peer want-credentials'], 'nor was that one any good')
      tell(rig, 'peer', { t: 'credentials', credentials: [credential('far', { serial: 2 })] })
      assert.equal(rig.hear({ agent: 'far', seq: 3, hlc: hlcOfMs(T0_MS + rig.ms) }), 'accept fresh')
    })

    it('says nothing of itself that its own role does not allow', () => {
      const rig = member(1, { roles: ['observer'] })
      rig.ms += 5_000
      assert.deepEqual(pick(rig.fix(), 'publish'), [])
      const drone = member()
      drone.ms += 5_000
      assert.equal(pick(drone.fix(), 'publish').length, 1)
    })
  })

  describe('revocation', () => {
    it('regression: tells nothing more to a peer it lets go of, before the connection has ended', () => {
      const rig = member()
      const ending = { opened: { credential: credential('bad', { notAfterMs: T0_MS + 20_000 }) } }
      meet(rig, 'bad', shown('bad', ending))
      const told: string[] = []
      let isOut = false
      for (let s = 0; s < 700; s++) {
        const effects = rig.after(1_000, { t: 'tick' })
        isOut ||= pick(effects, 'expel').length > 0
        if (isOut) told.push(...messages(effects))
      }
      assert.ok(isOut)
      assert.deepEqual(told, [])
    })

    it('puts out at once whom a list names, and passes the list on as quickly: the authority vouches for it', () => {
      const rig = member()
      for (const peer of ['bad', 'good', 'other']) meet(rig, peer)
      const effects = tell(rig, 'other', { t: 'revocations', list: list(1, 'bad') })
      assert.deepEqual(
        pick(effects, 'expel').map(({ peer }) => peer),
        ['bad'],
      )
      assert.deepEqual(messages(effects), ['good revocations'], 'and not to whom it came from')
      const durable = rig.settle(effects)
      assert.deepEqual(
        eventTypes(durable).filter(type => type.startsWith('trust.')),
        ['trust.revoked'],
      )
      assert.deepEqual(messages(durable), [])
      assert.equal(hello(rig, 'bad'), 'revoked')
      assert.equal(rig.hear({ agent: 'bad' }), 'ignore not-allowed')
    })

    it('brings a peer up to date that shows an older epoch, and is told nothing it knows', () => {
      const rig = member()
      rig.settle(rig.agent.revoke(list(2, 'bad'), rig.now).effects)
      assert.ok(messages(meet(rig, 'old')).includes('old revocations'))
      assert.ok(!messages(meet(rig, 'new', shown('new', { epoch: 2 }))).includes('new revocations'))
      const older = tell(rig, 'new', { t: 'revocations', list: list(1, 'good') })
      assert.deepEqual(messages(older), ['new revocations'], 'whoever has an older one gets ours')
      assert.equal(rig.agent.trusting?.membership.epoch, 2)
    })

    it('comes home when its own certificate ends in flight, and lands when nobody hears it any more', () => {
      const rig = member(1, { notAfterMs: T0_MS + 10_000 })
      const orders = (ms: number) => pick(rig.after(ms, { t: 'tick' }), 'actuate').map(({ verb }) => verb)
      assert.deepEqual(orders(5_000), [])
      assert.deepEqual(orders(7_000), ['return'])
      assert.deepEqual(orders(2_000), [], 'once')
      assert.equal(pick(rig.fix(), 'publish').length, 1, 'it is still heard')
      assert.deepEqual(orders(600_000), ['land'])
      assert.deepEqual(pick(rig.fix(), 'publish'), [], 'and then says nothing more')
    })

    it('regression: ends nothing because its own clock jumped a day ahead, with nobody to bear it out', () => {
      const rig = member()
      meet(rig, 'peer')
      rig.wallOffMs = 86_400_000
      for (let s = 0; s < 30; s++) {
        const effects = rig.after(1_000, { t: 'tick' })
        assert.deepEqual([...pick(effects, 'expel'), ...pick(effects, 'actuate')], [])
        rig.settle(effects)
      }
      assert.equal(hello(rig, 'peer'), 'valid')
    })

    it('regression: sends a peer that says it has none the list once in ten seconds', () => {
      const rig = member()
      rig.settle(rig.agent.revoke(list(1, 'bad'), rig.now).effects)
      meet(rig, 'peer')
      const head = { agent: 'peer', boot: 1, seq: 1, hash: Uint8Array.of(1), bytes: Uint8Array.of(1) }
      const asked = Array.from({ length: 50 }, () =>
        messages(tell(rig, 'peer', { t: 'head', head, epoch: 0 })),
      )
      assert.deepEqual(asked.flat(), [])
      rig.ms += 11_000
      assert.deepEqual(messages(tell(rig, 'peer', { t: 'head', head, epoch: 0 })), ['peer revocations'])
    })

    it('orders nothing of a vehicle on the ground', () => {
      const rig = member(1, { notAfterMs: T0_MS + 10_000 })
      const orders = (ms: number, status: 'Ground' | 'Airborne') => {
        rig.fix({ status })
        return pick(rig.after(ms, { t: 'tick' }), 'actuate').map(({ verb }) => verb)
      }
      assert.deepEqual(orders(20_000, 'Ground'), [])
      assert.deepEqual(orders(5_000, 'Airborne'), ['return'], 'but of one that takes off all the same')
      assert.deepEqual(orders(600_000, 'Ground'), [])
      assert.deepEqual(orders(5_000, 'Airborne'), ['land'])
    })

    it('shows a renewed certificate to everybody, and flies on', () => {
      const rig = member(1, { notAfterMs: T0_MS + 10_000 })
      meet(rig, 'peer')
      rig.after(12_000, { t: 'tick' })
      const { refused, effects } = rig.agent.renew(credential(rig.id, { serial: 2 }), rig.now)
      assert.equal(refused, null)
      assert.deepEqual(messages(effects), ['peer credentials'])
      assert.match(rig.agent.renew(credential('other', { serial: 3 }), rig.now).refused ?? '', /names other/)
      const older = rig.agent.renew(credential(rig.id, { serial: 1 }), rig.now)
      assert.equal(older.refused, 'certificate 1 is older than 2, which this node shows')
    })
  })

  describe('two nodes with one key', () => {
    it('turns away an earlier start while the later is in, and believes neither if both stay', () => {
      const rig = member()
      meet(rig, 'twin', shown('twin', { boot: 5 }))
      const copy = shown('twin', { boot: 5, instance: 'second' })
      assert.equal(hello(rig, 'twin', copy), 'cloned')
      rig.ms += 3_000
      assert.equal(hello(rig, 'twin', copy), 'cloned', 'the first may be a connection that is dead')
      rig.ms += 2_000
      const effects = rig.step({ t: 'hello', peer: 'twin', shown: copy })
      assert.deepEqual(
        pick(effects, 'expel').map(({ peer }) => peer),
        ['twin'],
      )
      assert.equal(hello(rig, 'twin', shown('twin', { boot: 6 })), 'equivocated')
      const renewed = { opened: { credential: credential('twin', { serial: 2 }) } }
      assert.equal(
        hello(rig, 'twin', shown('twin', { ...renewed, boot: 6 })),
        'equivocated',
        'the copy has it too',
      )
    })

    it('lets a later start take the place of the one before', () => {
      const rig = member()
      meet(rig, 'peer')
      assert.equal(hello(rig, 'peer', shown('peer', { boot: 2, instance: 'second' })), 'valid')
    })

    const report = (changes: Partial<Position>, mark: number) => {
      const { bytes, ...rest } = signed({ agent: 'liar', boot: 1, ...changes })
      return { ...rest, bytes: Uint8Array.from([...bytes, mark]) }
    }

    it('finds two reports that exclude each other, keeps them as evidence, and tells everybody', () => {
      const rig = member()
      for (const peer of ['liar', 'other']) meet(rig, peer)
      rig.step({ t: 'position', from: 'other', signed: report({ seq: 4 }, 1) })
      const effects = rig.step({ t: 'position', from: 'other', signed: report({ seq: 4 }, 2) })
      assert.deepEqual(
        pick(effects, 'expel').map(({ peer }) => peer),
        ['liar'],
      )
      const durable = rig.settle(effects)
      assert.deepEqual(messages(durable), ['other evidence'])
      const [send] = pick(durable, 'send')
      assert.ok(send !== undefined && send.message.t === 'evidence')

      const far = member(2)
      meet(far, 'liar')
      meet(far, rig.id)
      const convicted = far.settle(tell(far, rig.id, send.message))
      assert.ok(eventTypes(convicted).includes('trust.equivocated'))
      assert.equal(far.hear({ agent: 'liar', boot: 1, seq: 9 }), 'ignore not-allowed')
    })

    it('believes no evidence that shows nothing', () => {
      const rig = member()
      for (const peer of ['honest', 'accuser']) meet(rig, peer)
      const at = (seq: number) => ({ boot: 1, seq, hlc: hlcOfMs(T0_MS + seq), bytes: Uint8Array.of(seq) })
      const evidence = { kind: 'positions', agent: 'honest', first: at(1), second: at(2) } as const
      tell(rig, 'accuser', { t: 'evidence', evidence, credential: credential('honest') })
      assert.equal(hello(rig, 'honest'), 'valid')
    })

    const statement = (fill: number) => ({
      boot: 1,
      seq: 7,
      hlc: hlcOfMs(T0_MS),
      bytes: Uint8Array.of(fill),
    })
    const evidenceAgainst = (agent: string) =>
      ({ kind: 'positions', agent, first: statement(1), second: statement(2) }) as const

    it('regression: takes no evidence against keys that nobody knows, however much of it comes', () => {
      const rig = member()
      for (const peer of ['liar', 'accuser', 'other']) meet(rig, peer)
      tell(rig, 'accuser', { t: 'evidence', evidence: evidenceAgainst('liar'), credential: null })
      for (let i = 0; i < 1_200; i++) {
        const effects = tell(rig, 'accuser', {
          t: 'evidence',
          evidence: evidenceAgainst(`invented-${i}`),
          credential: null,
        })
        assert.deepEqual(effects, [], 'nothing is written, nobody is told')
      }
      assert.equal(hello(rig, 'liar'), 'equivocated', 'and what was found before is not forgotten for it')
    })

    it('regression: goes on flying when evidence is against itself, and says so once', () => {
      const rig = member()
      meet(rig, 'accuser')
      const message = { t: 'evidence', evidence: evidenceAgainst(rig.id), credential: null } as const
      const heard = [
        ...rig.settle(tell(rig, 'accuser', message)),
        ...rig.settle(tell(rig, 'accuser', message)),
      ]
      assert.deepEqual(eventTypes(heard), ['trust.accused'])
      rig.ms += 5_000
      assert.deepEqual(pick(rig.step({ t: 'tick' }), 'actuate'), [])
      assert.equal(pick(rig.fix(), 'publish').length, 1)
    })

    it('regression: finds a copy that claims a later start than the true one', () => {
      const rig = member()
      meet(rig, 'twin', shown('twin', { boot: 3 }))
      const thief = shown('twin', { boot: 99, instance: 'thief' })
      const honest = shown('twin', { boot: 3 })
      assert.equal(hello(rig, 'twin', thief), 'valid', 'it may be the same one, started again')
      assert.equal(hello(rig, 'twin', honest), 'cloned', 'but then it would not be there any more')
      rig.ms += 5_000
      assert.equal(hello(rig, 'twin', honest), 'cloned')
      assert.equal(hello(rig, 'twin', thief), 'equivocated')
    })

    it('regression: takes two stray hellos a quarter of an hour apart for no copy', () => {
      const rig = member()
      meet(rig, 'peer', shown('peer', { boot: 3 }))
      const stray = shown('peer', { boot: 2, instance: 'restored' })
      assert.equal(hello(rig, 'peer', stray), 'cloned')
      rig.ms += 900_000
      assert.equal(hello(rig, 'peer', stray), 'cloned')
      assert.equal(hello(rig, 'peer', shown('peer', { boot: 3 })), 'valid')
    })

    it('finds a log that was cut back after a restart', () => {
      const rig = member()
      meet(rig, 'peer')
      const head = (boot: number, seq: number) => ({
        t: 'head' as const,
        head: { agent: 'peer', boot, seq, hash: Uint8Array.of(seq), bytes: Uint8Array.of(boot, seq) },
        epoch: 0,
      })
      assert.deepEqual(pick(tell(rig, 'peer', head(1, 100)), 'expel'), [])
      assert.deepEqual(pick(tell(rig, 'peer', head(1, 90)), 'expel'), [], 'late')
      assert.deepEqual(
        pick(tell(rig, 'peer', head(2, 95)), 'expel').map(({ peer }) => peer),
        ['peer'],
      )
    })

    it('is never believed of an honest agent, whatever its clock does', () => {
      const step = fc.record({
        ms: fc.integer({ min: 100, max: 5_000 }),
        offMs: fc.constantFrom(0, 900, 30_000, -50_000),
      })
      fc.assert(
        fc.property(fc.array(step, { minLength: 2, maxLength: 40 }), steps => {
          const rig = member()
          const made = steps.flatMap(({ ms, offMs }) => {
            rig.ms += ms
            rig.wallOffMs = offMs
            rig.step({ t: 'tick' })
            return pick(rig.fix(), 'publish').map(({ position }) => position)
          })
          const statements = made.map(({ boot, seq, hlc }, i) => ({
            boot,
            seq,
            hlc,
            bytes: Uint8Array.of(i),
          }))
          for (const [i, a] of statements.entries())
            for (const b of statements.slice(i + 1)) assert.ok(!reportsContradict(a, b))
        }),
        { numRuns: 60 },
      )
    })
  })

  it('knows after a restart who was convicted and what was revoked', () => {
    const latest = new Map<string, EventData>([
      [latestKey('trust.equivocated', 'liar'), { serial: 1 }],
      [latestKey('trust.revoked', ''), { epoch: 3, list: Uint8Array.of(9) }],
    ])
    const port = (agent: string): TrustPort => {
      const recall = { revocations: () => list(3, 'captured'), head: () => null }
      return { ...trust()(agent), recall }
    }
    const rig = new Rig(1, {}, port, latest)
    rig.settle(rig.start())
    assert.equal(hello(rig, 'liar'), 'equivocated')
    assert.equal(hello(rig, 'captured'), 'revoked')
    assert.equal(hello(rig, 'honest'), 'valid')
  })

  it('takes and gives nothing but certificates, revocations and evidence of a peer that may not sync', () => {
    const rig = member()
    const relay = shown('relay', { opened: { credential: credential('relay', { roles: ['relay'] }) } })
    assert.ok(!messages(meet(rig, 'relay', relay)).includes('relay digest'))
    const digest = { t: 'digest', cells: [], digest: { from: '', to: '', entries: [] }, reply: true } as const
    assert.deepEqual(rig.step({ t: 'sync', from: 'relay', message: digest }), [])
  })
})
