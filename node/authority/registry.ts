import { open, readFile } from 'node:fs/promises'
import { verifyEd25519 } from '../../protocols/identity/ed25519.ts'
import { openCredential } from '../../protocols/trust/certificate.ts'
import type { Genesis } from '../../src/policy/genesis.ts'
import { writeFileDurably } from '../store/durable-file.ts'
import type { Issued } from './authority.ts'
import { AuthorityError } from './authority-error.ts'

/*
 * What an authority issued, one JSON line each, only ever appended to. A line is on disk before its certificate is
 * handed out, so no serial is used twice. Each carries the credential itself, and the rest must follow from that:
 * a line that was altered anywhere is noticed.
 */

/** The registry as it was read. */
export interface Registry {
  readonly file: string
  readonly issued: readonly Issued[]
  /** The lines that are whole. */
  readonly text: string
  /** The last append was cut short by a power cut; what it was about was never handed out. */
  readonly isTorn: boolean
}

/** Reads the registry and verifies every line up to the root key. @throws AuthorityError */
export async function readRegistry(file: string, genesis: Genesis): Promise<Registry> {
  const all = await readFile(file, 'utf8')
  const text = all.slice(0, all.lastIndexOf('\n') + 1)
  const issued: Issued[] = []
  for (const [index, line] of text.split('\n').slice(0, -1).entries()) {
    const entry = entryOf(line, genesis)
    if (entry === null || entry.certificate.serial <= (issued.at(-1)?.certificate.serial ?? 0)) {
      throw new AuthorityError(
        'AUTHORITY_DAMAGED',
        `${file}:${index + 1}: the registry is damaged: this line is not as it was written`,
        'Restore the file from a backup; nothing is issued meanwhile, for a serial must not be used twice',
      )
    }
    issued.push(entry)
  }
  return { file, issued, text, isTorn: text.length < all.length }
}

/** Adds certificates; durable when this resolves. */
export async function appendToRegistry(registry: Registry, issued: readonly Issued[]): Promise<void> {
  const lines = issued.map(lineOf).join('')
  if (registry.isTorn) return writeFileDurably(registry.file, registry.text + lines)
  const file = await open(registry.file, 'a', 0o600)
  try {
    await file.writeFile(lines)
    await file.sync()
  } finally {
    await file.close()
  }
}

function lineOf({ certificate, issuer, credential }: Issued): string {
  const { serial, name, agent, roles, cells, notBeforeMs, notAfterMs, epoch } = certificate
  const line = {
    serial,
    name,
    agent,
    roles,
    cells,
    notBefore: new Date(notBeforeMs).toISOString(),
    notAfter: new Date(notAfterMs).toISOString(),
    epoch,
    issuer,
    credential: Buffer.from(credential).toString('base64'),
  }
  return `${JSON.stringify(line)}\n`
}

function entryOf(line: string, genesis: Genesis): Issued | null {
  const credential = credentialOf(line)
  if (credential === null) return null
  const opened = openCredential(credential, genesis, verifyEd25519)
  if ('refusal' in opened) return null
  const { certificate, issuer } = opened.credential
  const issued = { certificate, issuer: issuer.serial, credential }
  return lineOf(issued) === `${line}\n` ? issued : null
}

function credentialOf(line: string): Uint8Array | null {
  try {
    const { credential } = JSON.parse(line)
    return Uint8Array.from(Buffer.from(String(credential), 'base64'))
  } catch {
    return null
  }
}
