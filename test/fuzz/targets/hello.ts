import { dialableAddress } from '../../../node/host/peer-address.ts'
import { FrameError } from '../../../protocols/frame-error.ts'
import {
  decodeHello,
  encodeHello,
  HELLO_FRAME_MAX,
  type Hello,
  type HelloFrame,
} from '../../../protocols/hello/codec.ts'
import { Link, type LinkEffect } from '../../../protocols/hello/link.ts'
import { verifyEd25519 } from '../../../protocols/identity/ed25519.ts'
import { openCredential } from '../../../protocols/trust/certificate.ts'
import { T0_MS } from '../../src/position/samples.ts'
import { FaultError, type Outcome, outcomeOf, type Target } from '../engine/target.ts'
import { CELL, EGRET, genesis, HERON, heronCredential, ownCredential, plain, SWARM } from './swarm.ts'

const hello = (name: string, credential: Uint8Array | null): Hello => ({
  protocol: 1,
  swarm: SWARM,
  name,
  role: 'drone',
  boot: 2,
  version: '0.1.0',
  instance: 'a1b2c3d4',
  epoch: 3,
  credential,
})
const introduced = {
  agent: EGRET.agent,
  addresses: ['/ip4/192.0.2.1/tcp/4710', `/ip4/192.0.2.2/tcp/4710/p2p/${EGRET.agent}`],
  cell: CELL,
  name: 'egret',
  role: 'anchor',
}
const pulse = { seq: 2, wallMs: T0_MS, echoSeq: 1, heldMs: 120, cell: CELL }

const FRAMES: readonly HelloFrame[] = [
  { t: 'hello', hello: hello('heron', heronCredential) },
  { t: 'hello', hello: hello('ibex', null) },
  { t: 'pulse', pulse },
  { t: 'pulse', pulse: { ...pulse, echoSeq: -1, cell: '' } },
  { t: 'introductions', peers: [introduced, { ...introduced, agent: HERON.agent, cell: '' }] },
  { t: 'goodbye', reason: 'maintenance' },
]
export const helloFrames = FRAMES.map(frame => plain(encodeHello(frame)))

const decodes: Target = {
  name: 'hello',
  form: 'cbor',
  unchanged: 'a frame is one of the four with every field within its bounds, or a FrameError',
  open: () => ({
    corpus: helloFrames,
    take: input =>
      outcomeOf(
        () => {
          const frame = decodeHello(input)
          if (encodeHello(frame).byteLength > Math.max(input.byteLength, HELLO_FRAME_MAX))
            throw new FaultError('it grows')
          if (frame.t !== 'introductions') return
          // What the node does with them: whom to dial, and where.
          for (const { agent, addresses } of frame.peers)
            for (const address of addresses) dialableAddress(address, agent)
        },
        error => error instanceof FrameError,
      ),
  }),
}

const S = 1_000_000
const AT_US = 5 * S

const here = {
  self: () => hello('own', ownCredential),
  judge: ({ credential }: Hello) => {
    if (credential === null) return null
    const opened = openCredential(credential, genesis, verifyEd25519)
    return 'refusal' in opened ? opened.reason : null
  },
}

const receive = (link: Link, frame: HelloFrame): readonly LinkEffect[] =>
  link.receive(encodeHello(frame), AT_US - S, T0_MS)

function upLink(): Link {
  const link = new Link(here, AT_US - 2 * S)
  link.open()
  receive(link, { t: 'hello', hello: hello('heron', null) })
  return link
}

/** A link in each state that it can be in. */
const STATES: Readonly<Record<string, () => Link>> = {
  called: () => new Link(here, AT_US - S),
  calling: () => {
    const link = new Link(here, AT_US - S)
    link.open()
    return link
  },
  up: upLink,
  beating: () => {
    const link = upLink()
    link.tick(AT_US - S, T0_MS, CELL)
    receive(link, { t: 'pulse', pulse: { ...pulse, seq: 1, cell: '' } })
    return link
  },
  'turned away': () => {
    const link = upLink()
    link.turnAway([introduced], AT_US - S)
    return link
  },
  over: () => {
    const link = upLink()
    link.goodbye('over')
    return link
  },
}

/** What the rest of the node reads of a link. */
const seen = ({ hello, rttMs, clockOffsetMs, cell }: Link): string =>
  JSON.stringify([hello?.name, hello?.instance, rttMs, clockOffsetMs, cell])

const goodbyes = (effects: readonly LinkEffect[]): number =>
  effects.filter(effect => effect.t === 'send' && decodeHello(effect.frame).t === 'goodbye').length

/** Refused = the link says why and is over; nothing it knew before is another, and nothing more is heard from it. */
function intoState(state: string, link: Link, input: Uint8Array): Outcome {
  const before = seen(link)
  const effects = link.receive(input, AT_US, T0_MS)
  const isDeaf = state === 'turned away' || state === 'over'
  if (isDeaf && (effects.length > 0 || seen(link) !== before)) throw new FaultError(`heard when ${state}`)
  const end = effects.find(effect => effect.t === 'end')
  if (isDeaf || end?.end.t !== 'refused') return 'taken'
  if (seen(link) !== before) throw new FaultError(`a refused frame changed a link that is ${state}`)
  if (goodbyes(effects) !== 1 || effects.some(({ t }) => !['malformed', 'send', 'end'].includes(t)))
    throw new FaultError('it is not told why, once')
  if (helloFrames.some(frame => link.receive(frame, AT_US, T0_MS).length > 0))
    throw new FaultError('more is heard of who was refused')
  if (link.tick(AT_US + 10 * S, T0_MS, CELL).length > 0) throw new FaultError('a link that is over ticks')
  return 'refused'
}

const linkTarget: Target = {
  name: 'hello-link',
  form: 'cbor',
  unchanged:
    'in each state of a link, who sends what is refused is told why once, and nothing known before is another',
  open: () => ({
    // A second hello and a pulse before the first are refused by their place, not by their form.
    corpus: helloFrames,
    take: input => {
      const outcomes = Object.entries(STATES).map(([state, make]) => intoState(state, make(), input))
      return outcomes.includes('taken') && !isRefusedWhere(input) ? 'taken' : 'refused'
    },
  }),
}

/** Whether a link that waits for a hello or one that is up refuses a frame as such. */
function isRefusedWhere(input: Uint8Array): boolean {
  try {
    decodeHello(input)
    return false
  } catch {
    return true
  }
}

export const HELLO: readonly Target[] = [decodes, linkTarget]
