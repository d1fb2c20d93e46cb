/*
 * Builds what is published into `dist/`, beside the types that tsc put there: the program and its libraries in a few
 * files (a thousand of them would take twice the CPU time to start, and 20 MB), their licences, and the live map.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { buildMapAssets } from './map/bundle.ts'

const PACKAGE = join(import.meta.dirname, '..')
/** What is started or imported by its own path; the rest is shared among them. */
const ENTRIES = ['node/cli/skein.ts', 'node/demo/member.ts', 'node/index.ts', 'node/client/client.ts']
/** In libraries of before ES modules. */
const REQUIRE = `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`
const LICENSE_FILE = /^(licen[cs]e|copying|notice)/i

/** Bundles the program into `outDir`; what package.json lists as a dependency stays one. */
export async function buildProgram(outDir: string): Promise<Metafile> {
  const { dependencies } = await manifest(PACKAGE)
  const { metafile } = await build({
    absWorkingDir: PACKAGE,
    entryPoints: ENTRIES,
    outdir: outDir,
    outbase: '.',
    // As deep as the sources: what finds other files by its own place finds them from there as well.
    chunkNames: 'node/shared/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.18',
    keepNames: true,
    external: [...Object.keys(dependencies ?? {}), 'esbuild'],
    banner: { js: REQUIRE },
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  await writeFile(join(outDir, 'LICENSES.txt'), await licensesOf(bundledPackages(metafile)))
  return metafile
}

/** Folders of the packages whose code is in a bundle, relative to ours. */
export function bundledPackages({ outputs }: Metafile): readonly string[] {
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs))
  const folders = files.map(file => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0])
  return [...new Set(folders.filter(folder => folder !== undefined))].sort()
}

/** What their authors ask to be told along with their code. */
async function licensesOf(folders: readonly string[]): Promise<string> {
  const each = folders.map(async folder => {
    const dir = join(PACKAGE, folder)
    const { name, version, license } = await manifest(dir)
    const files = (await readdir(dir)).filter(file => LICENSE_FILE.test(file)).sort()
    const texts = await Promise.all(files.map(file => readFile(join(dir, file), 'utf8')))
    if (texts.length === 0) texts.push('Its package carries no file with the text.')
    return [`${name} ${version}: ${license}`, ...texts.map(text => text.trim())].join('\n\n')
  })
  return `${(await Promise.all(each)).join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly dependencies?: Readonly<Record<string, string>>
}

const manifest = async (dir: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(dir, 'package.json'), 'utf8'))

if (process.argv[1] === import.meta.filename) {
  await mkdir(join(PACKAGE, 'dist'), { recursive: true })
  await buildProgram(join(PACKAGE, 'dist'))
  await buildMapAssets()
}
