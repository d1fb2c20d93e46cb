import { join } from 'node:path'
import { crc32c } from '../../src/eventlog/crc32c.ts'
import { readIfThere, writeFileDurably } from './durable-file.ts'

const BOOT_FILE = 'boot'
const FORM = /^(skein boot 1 (\d{1,15}) (\d{1,15})) ([0-9a-f]{8})\n$/

/** What survives outside the log: how often this agent started, and how far its log is known to have reached. */
export interface BootRecord {
  readonly boot: number
  /** Highest seq that was durable when this was written: a log that ends before it has lost its end. */
  readonly logSeq: number
}

/** The record of the last start; null if there is none, or if it is damaged. */
export async function readBoot(dataDir: string): Promise<BootRecord | null> {
  const [, body, boot, logSeq, crc] = FORM.exec((await readIfThere(join(dataDir, BOOT_FILE))) ?? '') ?? []
  if (body === undefined || checksum(body) !== crc) return null
  return { boot: Number(boot), logSeq: Number(logSeq) }
}

/** Durable when it resolves. */
export async function writeBoot(dataDir: string, { boot, logSeq }: BootRecord): Promise<void> {
  const body = `skein boot 1 ${boot} ${logSeq}`
  await writeFileDurably(join(dataDir, BOOT_FILE), `${body} ${checksum(body)}\n`)
}

/**
 * Counts this start, durably before it returns: a number that is given out is never given out again, whatever happens
 * next. `seenBoot` is the highest boot found elsewhere (the log), in case the file was lost.
 */
export async function nextBoot(dataDir: string, seenBoot = 0): Promise<number> {
  const before = await readBoot(dataDir)
  const boot = Math.max(before?.boot ?? 0, seenBoot) + 1
  await writeBoot(dataDir, { boot, logSeq: before?.logSeq ?? 0 })
  return boot
}

function checksum(body: string): string {
  return crc32c(new TextEncoder().encode(body)).toString(16).padStart(8, '0')
}
