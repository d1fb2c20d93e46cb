import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode, encode } from 'cborg'
import { stringify } from 'yaml'
import { readTokens, TokenFileError } from '../../../node/api/guard/token-file.ts'
import { ConfigError } from '../../../node/config/config-error.ts'
import { loadConfig } from '../../../node/config/load.ts'
import { configSchema } from '../../../node/config/schema.ts'
import { readPeerBook } from '../../../node/host/peer-book.ts'
import { PeerKeeper } from '../../../node/host/peer-keeper.ts'
import { secretKey } from '../../../node/store/sealed/gcm.ts'
import { openSealed, sealFile } from '../../../node/store/sealed/sealed-file.ts'
import { csvTracks } from '../../../node/vehicles/tracks/csv.ts'
import { kmlTracks } from '../../../node/vehicles/tracks/kml.ts'
import { tlogTracks } from '../../../node/vehicles/tracks/tlog.ts'
import { type TrackFile, TrackFileError } from '../../../node/vehicles/tracks/track-file.ts'
import { decide } from '../../../src/policy/rules/decide.ts'
import { DEFAULT_RULES } from '../../../src/policy/rules/default-rules.ts'
import { parseRuleSet } from '../../../src/policy/rules/parse.ts'
import { RulesError } from '../../../src/policy/rules/rules-error.ts'
import { CALM, command } from '../../src/policy/rules/samples.ts'
import { type Boundary, FaultError, type Outcome, outcomeOf, type Target } from '../engine/target.ts'
import { EGRET, HERON, OWN } from './swarm.ts'
import { TLOG } from './vehicle-streams.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** A boundary that reads a file of that name in a directory of its own. */
async function onDisk(
  name: string,
  corpus: readonly string[],
  read: (file: string) => Outcome | Promise<Outcome>,
): Promise<Boundary> {
  const dir = await mkdtemp(join(tmpdir(), 'skein-fuzz-'))
  const file = join(dir, name)
  return {
    corpus: corpus.map(bytesOf),
    take: async input => {
      await writeFile(file, input, { mode: 0o600 })
      return read(file)
    },
    close: () => rm(dir, { recursive: true, force: true }),
  }
}

const CONFIGS = [
  `# A drone of the fleet
name: heron-1
role: drone
swarm: alps
bootstrap: [/ip4/192.0.2.1/tcp/4710]
vehicle:
  kind: fixed
  start: { latDeg: 47.37, lngDeg: 8.54, altM: 500 }
gossip: &g
  flushMs: 50
  cellResolution: 8
`,
  'profile: relay\nname: "base"\nlisten:\n  - /ip4/0.0.0.0/tcp/4710\nconnections: { target: 8, max: 64 }\nmdns: false\n',
]

const config: Target = {
  name: 'config',
  form: 'text',
  unchanged:
    'a file is a whole configuration that the schema would give back as it is, or a ConfigError with places',
  open: () =>
    onDisk('config.yaml', CONFIGS, file =>
      outcomeOf(
        () => configSchema.parse(loadConfig({ files: [file] }).config),
        error => error instanceof ConfigError && error.problems.length > 0,
      ),
    ),
}

const corner = (latE7: number, lonE7: number) => ({ latE7, lonE7 })
const RULES = [
  DEFAULT_RULES,
  {
    ...DEFAULT_RULES,
    rules: [
      {
        id: 'field',
        kind: 'geofence',
        stay: 'inside',
        marginMm: 10_000,
        inFlight: 'hold',
        upper: { mm: 60_000, ref: 'AGL' },
        area: {
          shape: 'polygon',
          vertices: [
            corner(473_900_000, 85_300_000),
            corner(473_900_000, 85_500_000),
            corner(474_040_000, 85_500_000),
          ],
        },
      },
      {
        id: 'house',
        kind: 'geofence',
        stay: 'outside',
        marginMm: 0,
        area: { shape: 'circle', centre: corner(474_000_000, 85_450_000), radiusMm: 40_000 },
      },
      { id: 'reserve', kind: 'energy', reservePct: 25, inFlight: 'return', verbs: ['goto'] },
    ],
  },
]

function valueIn(bytes: Uint8Array): { readonly value: unknown } | null {
  try {
    return { value: decode(bytes) }
  } catch {
    return null
  }
}

const rules: Target = {
  name: 'rules',
  form: 'cbor',
  unchanged:
    'a rule set is refused with a RulesError, or judges every command without failing; safe ones always pass',
  open: () => ({
    // What a YAML or JSON file says is parsed already when it comes here; CBOR is how it is carried in this test.
    corpus: RULES.map(set => encode(set)),
    take: input => {
      const given = valueIn(input)
      if (given === null) return 'refused'
      return outcomeOf(
        () => {
          const set = parseRuleSet(given.value)
          for (const verb of ['start', 'goto', 'kill', 'hold', 'land', 'return'] as const) {
            const { allow, rule } = decide(set, command(verb), CALM)
            if (rule === 'core.failed') throw new FaultError(`the rules failed for ${verb}`)
            if (!allow && (verb === 'hold' || verb === 'land' || verb === 'return'))
              throw new FaultError(`${verb} is refused`)
          }
        },
        error => error instanceof RulesError,
      )
    },
  }),
}

const CSV = `# by hand
track,lat_deg,lon_deg,time_s,alt_w84_m,heading_deg,battery_pct,v_north_mps,v_east_mps,status
a,47.37,8.54,100,500.5,359.99,80,1.5,-2,Airborne
b,47.38,8.55,7,510,,,,,
a,47.371,8.54,100.25,501,360,79.6,1.5,-2,Airborne
`
/** Its flights made short, for each second of them is a point. */
const KML = readFileSync(new URL('../../node/vehicles/fixtures/drawing.kml', import.meta.url), 'utf8')
  .replace('47.3750', '47.3703')
  .replace('47.3800', '47.3706')
const SMALL_KML = `<kml><Document><Placemark><name>line</name><LineString><coordinates>
8.5300,47.3700,450 8.5301,47.3700,460
</coordinates></LineString></Placemark></Document></kml>`
const OPTIONS = { geoidUndulationM: 47.4 }

function track(
  name: string,
  form: Target['form'],
  corpus: readonly Uint8Array[],
  read: (bytes: Uint8Array) => TrackFile,
): Target {
  return {
    name,
    form,
    unchanged: 'a recording is a flight of whole numbers in rising time, or a TrackFileError',
    open: () => ({
      corpus,
      take: input =>
        outcomeOf(
          () => {
            for (const { points } of read(input).tracks) {
              let beforeMs = Number.NEGATIVE_INFINITY
              for (const { tMs, latE7, lonE7, altMm } of points) {
                if (![tMs, latE7, lonE7, altMm].every(Number.isSafeInteger) || tMs <= beforeMs)
                  throw new FaultError(`no point of a flight: ${[tMs, latE7, lonE7, altMm]}`)
                beforeMs = tMs
              }
            }
          },
          error => error instanceof TrackFileError,
        ),
    }),
  }
}

const tracks: readonly Target[] = [
  track('track-csv', 'text', [bytesOf(CSV)], bytes => csvTracks(textOf(bytes), 'a.csv', OPTIONS)),
  track('track-kml', 'text', [bytesOf(SMALL_KML), bytesOf(KML)], bytes =>
    kmlTracks(textOf(bytes), 'a.kml', OPTIONS),
  ),
  track('track-tlog', 'binary', [TLOG], bytes => tlogTracks(bytes, 'a.tlog', OPTIONS)),
]

/** A host that reaches nobody. */
const lonely = {
  peerId: { toString: () => OWN.agent },
  addEventListener: () => {},
  removeEventListener: () => {},
  getConnections: () => [],
  dial: async () => {
    throw new Error('nobody there')
  },
} as unknown as ConstructorParameters<typeof PeerKeeper>[0]['libp2p']

const BOOK = JSON.stringify({
  v: 1,
  peers: [
    { agent: HERON.agent, addresses: ['/ip4/192.0.2.1/tcp/4710', '/ip6/2001:db8::1/tcp/4710'] },
    { agent: EGRET.agent, addresses: [`/ip4/192.0.2.2/tcp/4710/p2p/${EGRET.agent}`] },
  ],
})

const peerBook: Target = {
  name: 'peers-file',
  form: 'text',
  unchanged:
    'the book of peers is read or as good as empty; whoever is in it is dialed or not, and nothing fails',
  open: () =>
    onDisk('peers.json', [BOOK], async file => {
      const booked = await readPeerBook(file)
      const keeper = new PeerKeeper({
        libp2p: lonely,
        rule: { target: 8, max: 64, parallel: 4 },
        bootstrap: [],
        booked,
        monoUs: () => 10_000_000,
        ownCell: () => '',
        cellOf: () => '',
        random: () => 0.5,
        blocked: () => false,
        log: () => {},
      })
      keeper.start()
      keeper.stop()
      return booked.length === 0 ? 'refused' : 'taken'
    }),
}

const TOKENS = stringify({
  v: 1,
  tokens: [
    {
      name: 'map',
      scope: 'read',
      sha256: 'ab'.repeat(32),
      createdAt: '2026-06-01T00:00:00Z',
      expiresAt: null,
    },
    {
      name: 'ops',
      scope: 'operate',
      sha256: 'cd'.repeat(32),
      createdAt: '2026-06-01T00:00:00Z',
      expiresAt: '2027-06-01T00:00:00Z',
    },
  ],
})

const tokenFile: Target = {
  name: 'tokens-file',
  form: 'text',
  unchanged: 'tokens are read whole or not at all; what is damaged is a TokenFileError',
  open: () =>
    onDisk('api-tokens.yaml', [TOKENS], file =>
      outcomeOf(
        () => {
          for (const { sha256, scope } of readTokens(file))
            if (sha256.length !== 64 || !['read', 'operate', 'admin'].includes(scope))
              throw new FaultError('a token that is none')
        },
        error => error instanceof TokenFileError,
      ),
    ),
}

const SECRET = new Uint8Array(32).fill(7)
const KEY = secretKey(new Uint8Array(32).fill(1))
const SEALED = bytesOf(sealFile(KEY, 'identity', SECRET, new Uint8Array(12).fill(2)))

const sealedFile: Target = {
  name: 'sealed-file',
  form: 'text',
  unchanged: 'an encrypted file is opened to what was sealed under its name, or not at all',
  open: () => ({
    corpus: [SEALED],
    take: input => {
      const opened = openSealed(KEY, 'identity', input)
      if (typeof opened === 'string') return 'refused'
      if (!Buffer.from(opened).equals(SECRET)) throw new FaultError('another secret')
      return 'taken'
    },
  }),
}

export const FILES: readonly Target[] = [config, rules, ...tracks, peerBook, tokenFile, sealedFile]
