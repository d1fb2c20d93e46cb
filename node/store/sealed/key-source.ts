import { execFile } from 'node:child_process'
import type { KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { StoreError } from '../store-error.ts'
import { secretKey } from './gcm.ts'

/** Where the key comes from that locks the data key: a file, or a command (of a TPM, of a vault). At most one of them. */
export interface KeySource {
  readonly file: string | null
  /** Program and arguments; empty = none. */
  readonly command: readonly string[]
}

const KEY_BYTES = 32
const OTHERS_MASK = 0o077
const COMMAND_MS = 15_000
/** More than any form of a key takes, and little enough to keep. */
const OUTPUT_BYTES_MAX = 4_096
const FORMS = 'It must be 32 random bytes, as they are, in hex or in base64 (openssl rand -base64 32)'

export const isKeySet = ({ file, command }: KeySource): boolean => file !== null || command.length > 0

/** How people know it. Never what it holds; and of a command its program only, for its arguments may tell. */
export function nameOfSource({ file, command }: KeySource): string {
  return file ?? `command ${command[0]}`
}

/** The key-encryption key. `dir`: of the data, for the message. Throws StoreError `store-key-source`. */
export async function readKey(source: KeySource, dir: string): Promise<KeyObject> {
  const fail = (what: string, advice: string): StoreError =>
    new StoreError(
      'store-key-source',
      dir,
      `its key can't be had from ${nameOfSource(source)}: ${what}`,
      advice,
    )
  const given = await (source.file === null ? ask(source.command, fail) : readKeyFile(source.file, fail))
  const key = decoded(given)
  given.fill(0)
  if (key === null) throw fail('this is no key', FORMS)
  return secretKey(key)
}

type Fail = (what: string, advice: string) => StoreError

async function readKeyFile(file: string, fail: Fail): Promise<Buffer> {
  try {
    const { mode } = await stat(file)
    if ((mode & OTHERS_MASK) !== 0) {
      const what = `others may read or change it (mode ${(mode & 0o777).toString(8)})`
      throw fail(what, `Run: chmod 600 ${file}`)
    }
    return await readFile(file)
  } catch (error) {
    if (error instanceof StoreError) throw error
    throw fail(`it could not be read (${codeOf(error)})`, 'Bring it back, or set dataKey to where it is')
  }
}

/**
 * Runs the command without a shell. What it writes to either output is never shown or kept: nobody knows on which one it
 * says what.
 */
async function ask([program = '', ...args]: readonly string[], fail: Fail): Promise<Buffer> {
  const running = promisify(execFile)(program, args, {
    encoding: 'buffer',
    timeout: COMMAND_MS,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_BYTES_MAX,
  })
  running.child.stdin?.on('error', () => undefined).end()
  try {
    return (await running).stdout
  } catch (error) {
    throw fail(
      howItEnded(error),
      'Run it by hand, as the user that skein runs as: it has to write the key to stdout',
    )
  }
}

function howItEnded(error: unknown): string {
  const code = codeOf(error)
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'it wrote much more than a key'
  if (typeof error === 'object' && error !== null && 'killed' in error && error.killed === true)
    return `it did not end within ${COMMAND_MS / 1000} s`
  return `it failed (${code})`
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown'
  if ('code' in error && error.code !== null) return String(error.code)
  return 'signal' in error ? String(error.signal) : 'unknown'
}

/** 32 bytes out of any of the forms; null for anything else, also for what only looks like random bytes. */
function decoded(given: Buffer): Uint8Array | null {
  const text = given.toString('latin1').trim()
  if (/^[0-9a-fA-F]{64}$/.test(text)) return random(Buffer.from(text, 'hex'))
  if (/^[\w+/-]{43}=?$/.test(text)) return random(Buffer.from(text, 'base64'))
  // A passphrase of 32 letters, or half a key in hex: random bytes are never all printable.
  return given.byteLength === KEY_BYTES && !/^[\x20-\x7e\s]+$/.test(text) ? random(given) : null
}

/** Zeros are what a device gives that has none. */
function random(key: Uint8Array): Uint8Array | null {
  return key.byteLength === KEY_BYTES && new Set(key).size > 8 ? Uint8Array.from(key) : null
}
