import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Command, Option } from 'commander'
import type { Bundle } from '../../../../protocols/trust/bundle.ts'
import type { Authority, Issued } from '../../../authority/authority.ts'
import { bundleOf } from '../../../authority/bundles.ts'
import { notPsk } from '../../../config/checks.ts'
import { peerAddress } from '../../../config/multiaddr.ts'
import { writeFileDurably } from '../../../store/durable-file.ts'
import { UsageError } from '../../failure.ts'
import { gather } from './options.ts'

export interface BundleOptions {
  readonly bootstrap?: readonly string[]
  readonly psk?: string
}

type Extra = Pick<Bundle, 'bootstrap' | 'psk'>

/** What a bundle brings besides trust. */
export function withBundleOptions(command: Command): Command {
  return command
    .addOption(new Option('--bootstrap <addr>', 'peer to dial first; repeatable').argParser(addresses))
    .option('--psk <file>', 'pre-shared key of a closed network')
}

function addresses(text: string, before: readonly string[] | undefined): readonly string[] {
  const all = gather(text, before)
  const wrong = all.find(address => !peerAddress().safeParse(address).success)
  if (wrong === undefined) return all
  throw new UsageError(`--bootstrap ${wrong}: must be a multiaddr such as /ip4/192.0.2.1/tcp/4710`)
}

/** A bundle may hold the only copy of a key: none is ever overwritten. */
export function refuseToOverwrite(file: string): void {
  if (existsSync(file))
    throw new UsageError(`--out ${file}: is there already, and may hold a key. Choose another file`)
}

/** What goes along with the certificate, read before anything is issued. */
export async function extraOf({ bootstrap = [], psk }: BundleOptions): Promise<Extra> {
  if (psk === undefined) return { bootstrap, psk: null }
  const complaint = notPsk(psk)
  if (complaint !== null) throw new UsageError(`--psk ${psk}: ${complaint}`)
  return { bootstrap, psk: Uint8Array.from(await readFile(psk)) }
}

/** Writes a bundle, readable by its owner only. `seed`: the agent's secret key, if it goes along. */
export async function writeBundle(
  file: string,
  authority: Authority,
  issued: Issued,
  content: Extra & { readonly seed: Uint8Array | null },
): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFileDurably(file, bundleOf(authority, issued, content))
}
