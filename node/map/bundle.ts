import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** One file of the live map, as it is to be served. */
export interface MapAsset {
  readonly body: Uint8Array<ArrayBuffer>
  readonly contentType: string
  /** Strong, with its quotes. */
  readonly etag: string
  readonly cacheControl: string
}

/** Path on the node's HTTP server -> file. The page itself is at `/`. */
export type MapAssets = ReadonlyMap<string, MapAsset>

/** The security headers that every asset needs; the page has no inline script or style and calls nobody else. */
export const MAP_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
}

/** The map cannot be served: neither its sources with esbuild nor a built copy are there. */
export class MapUnavailableError extends Error {
  readonly code = 'MAP_UNAVAILABLE'
  constructor(reason: string, options?: ErrorOptions) {
    super(
      `The live map cannot be served: ${reason}. From a clone run "npm ci"; in a package, install it again.`,
      options,
    )
    this.name = 'MapUnavailableError'
  }
}

const PACKAGE = packageRoot()
const PAGE = join(PACKAGE, 'node/map/page')
const BUILT = join(PACKAGE, 'dist/map')
const CACHE = join(PACKAGE, 'node_modules/.cache/skein')
/** What else than the page's own folder goes into the bundle. */
const INGREDIENTS = ['protocols/map', 'node/client', 'src/position']
const LIBRARIES = ['three', 'uplot', 'esbuild']
/** So long another process may take to bundle before this one does it itself. */
const LOCK_MS = 20_000

let loaded: Promise<MapAssets> | undefined

/**
 * The files of the live map. From a clone they are bundled at first use and kept under `node_modules/.cache`,
 * so that nine nodes of one machine bundle once; in a published package they are read from `dist/map`.
 * @throws MapUnavailableError
 */
export async function mapAssets(options: { readonly signal?: AbortSignal } = {}): Promise<MapAssets> {
  loaded ??= loadAssets()
  // A failure must not stick: the next caller may find esbuild installed.
  loaded.catch(() => {
    loaded = undefined
  })
  return untilAborted(loaded, options.signal)
}

async function loadAssets(): Promise<MapAssets> {
  if (existsSync(join(PAGE, 'index.html')) && canBundle()) return readAssets(await bundleOnce())
  if (existsSync(join(BUILT, 'index.html'))) return readAssets(BUILT)
  throw new MapUnavailableError(`there is no ${BUILT} and esbuild is not installed`)
}

/** Writes the files of the live map into a folder of their own, as a published package carries them. */
export async function buildMapAssets(outDir: string = BUILT): Promise<void> {
  await rm(outDir, { recursive: true, force: true })
  await mkdir(outDir, { recursive: true })
  const { build, stop } = await import('esbuild')
  const { metafile } = await build({
    entryPoints: [join(PAGE, 'main.ts'), join(PAGE, 'style.css')],
    outdir: outDir,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome120', 'firefox121', 'safari17.4'],
    entryNames: '[name]-[hash]',
    metafile: true,
    logLevel: 'silent',
    legalComments: 'linked',
    absWorkingDir: PACKAGE,
  })
  // It leaves a process of its own running otherwise.
  await stop()
  let html = await readFile(join(PAGE, 'index.html'), 'utf8')
  for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint?.endsWith('main.ts')) html = html.replace('/map/main.js', `/map/${nameOf(file)}`)
    if (entryPoint?.endsWith('style.css')) html = html.replace('/map/style.css', `/map/${nameOf(file)}`)
  }
  await writeFile(join(outDir, 'icon.svg'), await readFile(join(PAGE, 'icon.svg')))
  // Last: a folder with this file is whole.
  await writeFile(join(outDir, 'index.html'), html)
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Bundles unless this very content is there already, and waits for another process that is at it. */
async function bundleOnce(): Promise<string> {
  const dir = join(CACHE, `map-${await contentKey()}`)
  const lock = `${dir}.lock`
  await mkdir(CACHE, { recursive: true })
  for (const deadline = Date.now() + LOCK_MS; !existsSync(join(dir, 'index.html')); await sleep(50)) {
    const mine = await mkdir(lock).then(
      () => true,
      () => false,
    )
    // Whoever died while bundling left the lock: after a while it is nobody's.
    if (!mine && Date.now() < deadline) continue
    try {
      await bundleInto(dir)
      break
    } finally {
      await rmdir(lock).catch(() => {})
    }
  }
  return dir
}

async function bundleInto(dir: string): Promise<void> {
  const draft = `${dir}.${process.pid}`
  try {
    await buildMapAssets(draft)
    // Fails if another process was faster; then its folder has the same content.
    await rename(draft, dir).catch(error => {
      if (!existsSync(join(dir, 'index.html'))) throw error
    })
  } catch (error) {
    throw new MapUnavailableError(`esbuild failed (${error instanceof Error ? error.message : error})`, {
      cause: error,
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** A hash of all that goes into the bundle. */
async function contentKey(): Promise<string> {
  const hash = createHash('sha256')
  for (const dir of [PAGE, ...INGREDIENTS.map(path => join(PACKAGE, path))]) {
    const names = await readdir(dir, { recursive: true })
    for (const name of names.sort()) {
      const file = join(dir, name)
      if (!(await stat(file)).isFile()) continue
      hash
        .update(name)
        .update('\0')
        .update(await readFile(file))
    }
  }
  for (const library of LIBRARIES) {
    hash.update(await readFile(join(PACKAGE, 'node_modules', library, 'package.json')))
  }
  return hash
    .update(await readFile(fileURLToPath(import.meta.url)))
    .digest('hex')
    .slice(0, 16)
}

/** What is under the grid when the node has no map of its own: nothing, which is no error to the browser. */
const NO_BASE_MAP = '{"type":"FeatureCollection","features":[]}'

async function readAssets(dir: string): Promise<MapAssets> {
  const assets = new Map<string, MapAsset>()
  assets.set('/map/base.geojson', assetOf('base.geojson', new TextEncoder().encode(NO_BASE_MAP)))
  for (const name of await readdir(dir)) {
    if (CONTENT_TYPES[extname(name)] === undefined) continue
    const body = new Uint8Array(await readFile(join(dir, name)))
    assets.set(name === 'index.html' ? '/' : `/map/${name}`, assetOf(name, body))
  }
  return assets
}

function assetOf(name: string, body: Uint8Array<ArrayBuffer>): MapAsset {
  const contentType = CONTENT_TYPES[extname(name)] ?? 'application/octet-stream'
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const hashed = /-[A-Z0-9]{8}\.(js|css)$/.test(name)
  return {
    body,
    contentType,
    etag,
    cacheControl: hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.geojson': 'application/geo+json',
  '.txt': 'text/plain; charset=utf-8',
}

function canBundle(): boolean {
  try {
    createRequire(import.meta.url).resolve('esbuild')
    return true
  } catch {
    return false
  }
}

/** The folder of the package: the sources lie two folders below it, what is built from them three (`dist/`). */
function packageRoot(): string {
  const up = import.meta.url.endsWith('.ts') ? '../..' : '../../..'
  return join(import.meta.dirname, up)
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
