/**
 * What one peer may cost this node, all its connections together. libp2p counts none of it.
 *
 * "Honest load" below is the highest that a swarm has: 64 neighbours at 10 Hz, each report some 280 bytes on the
 * wire, all of it through one peer (a relay, the only mesh link): 640 messages and 180 kB a second. With eight mesh
 * peers and four copies of 500 updates a second it is 250 messages a second each. After this node stood still for
 * half a minute all that waited comes at once: `burst` holds 30 s of the honest load, and more.
 */
export interface BudgetRule {
  /** What may be spent a second, on average. */
  readonly perS: number
  /** And at once, after a pause. */
  readonly burst: number
  readonly why: string
}

const MIB = 1024 * 1024

export const BUDGETS = {
  link: {
    perS: 8 * MIB,
    burst: 32 * MIB,
    why: 'Bytes as they arrive, before decryption. A view of 10,000 objects at 10 Hz takes 7 MB/s; all else 0.2.',
  },
  relayed: {
    perS: 2 * MIB,
    burst: 8 * MIB,
    why: 'The same of a peer behind a relay, counted for it and for the relay. Less, so that it runs out first.',
  },
  unadmitted: {
    perS: 16 * 1024,
    burst: 256 * 1024,
    why: 'Bytes before it was let in, all kept until then. Honest: 3 kB; a full node introduces others with 32 kB.',
  },
  frames: {
    perS: 4_000,
    burst: 120_000,
    why: 'Muxer frames, 12 bytes at least, a ping answered each. Honest: 1,300 from a stock peer, 200 from ours.',
  },
  streams: {
    perS: 8,
    burst: 256,
    why: 'Streams opened, refused ones too. Honest: 6 a connection; a relay opens one for each peer that dials us.',
  },
  connections: {
    perS: 1,
    burst: 60,
    why: 'Connections, each some 2 ms of handshake. A flapping link is redialed every other second at most.',
  },
  'gossip-bytes': {
    perS: MIB,
    burst: 32 * MIB,
    why: 'Bytes of gossip RPCs, before anything in them is looked at. Honest: 0.2 MB/s.',
  },
  'gossip-messages': {
    perS: 2_000,
    burst: 60_000,
    why: 'Message copies, each hashed; an RPC counts as one more, so that empty ones are not free. Honest: 690.',
  },
  control: {
    perS: 256,
    burst: 8_192,
    why: 'Subscriptions, IHAVE and IWANT ids, GRAFT, PRUNE. Honest: a dozen a second, and all topics at a meeting.',
  },
  'sync-bytes': {
    perS: MIB / 8,
    burst: 8 * MIB,
    why: 'Anti-entropy: each 300 bytes cost a signature check. A delta of 10,000 reports at a healing is 3 MB.',
  },
  'sync-frames': {
    perS: 10,
    burst: 300,
    why: 'Frames of all sync streams: twice what one may carry, so that ending it and opening another gains nothing.',
  },
  'hello-frames': {
    perS: 20,
    burst: 600,
    why: 'The same of all links. Honest: a pulse a second on each of two, and introductions.',
  },
} as const satisfies Record<string, BudgetRule>

export type BudgetName = keyof typeof BUDGETS

/**
 * Penalty for a budget that ran out, and again for each further quarter of its burst: once is to be let go, twice
 * within a few minutes is to be banned.
 */
export const EXCEEDED_PENALTY = 60

/**
 * What no honest node of this swarm and version does, with its penalty. Messages are verified before they are
 * passed on, so a bad one is the fault of whoever brings it. What is merely late, early, unknown or of a newer
 * version is ignored and costs nothing.
 */
export const FAULTS = {
  invalid: {
    penalty: 10,
    why: 'A gossip message with a bad signature, of no known form or in the wrong place.',
  },
  malformed: { penalty: 10, why: 'A frame or an RPC that cannot be read.' },
  oversize: { penalty: 25, why: 'A frame or an RPC announced as longer than any that we write.' },
  'frame-rate': { penalty: 25, why: 'More frames a second on one stream than its protocol has any use for.' },
  unread: { penalty: 25, why: 'Reads nothing of what it asked for: its queues must not fill our memory.' },
  spam: {
    penalty: 1,
    why: 'One more report of its own than the highest configurable rate, kept up for 30 s, allows.',
  },
  'too-many-connections': {
    penalty: 10,
    why: 'A connection beyond the four that overlapping dials explain.',
  },
} as const satisfies Record<string, { readonly penalty: number; readonly why: string }>

export type FaultName = keyof typeof FAULTS

/** Why a peer was penalized. */
export type Cause = BudgetName | FaultName

export const BUDGET_NAMES = Object.keys(BUDGETS) as readonly BudgetName[]
export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[]

/** Half of a penalty is forgiven after this time. A link that is bad now and then never adds up to anything. */
export const PENALTY_HALF_LIFE_MS = 600_000

/** Penalty points at which a peer is written about, let go for a minute, or banned. */
export const THRESHOLDS = { warn: 20, disconnect: 50, ban: 100 } as const

/** How long a peer that was let go is refused: it may be a fault that a restart mends. */
export const TIME_OUT_MS = 60_000

/** Reports of one author: the highest `position.ceilingHz` there is, and all that 30 s of it leave behind. */
export const AUTHOR_REPORTS = { perS: 50, burst: 1_500 } as const

/** Connections of one peer at once: both dialed, and a lost one on either side not yet noticed. */
export const CONNECTIONS_PER_PEER = 4

/** What waits to be sent on one connection; past it the reader is dropped. Streams above it have less each. */
export const UNSENT_MAX_BYTES = 4 * MIB
