import { FrameError } from '../../protocols/frame-error.ts'
import type { KeyDirectory } from '../../protocols/identity/key-directory.ts'
import type { Opener, Refusal } from '../../protocols/position/sealing.ts'
import { decodeSync } from '../../protocols/sync/codec.ts'
import type { TrustDecoderInit } from '../../protocols/trust/messages.ts'
import type { Input } from '../../src/agent/interface.ts'
import type { AgentId } from '../../src/ports.ts'

export interface SyncIntakeInit {
  readonly directory: KeyDirectory
  readonly open: Opener
  /** Null in an open swarm. */
  readonly trust: TrustDecoderInit | null
  readonly step: (input: Extract<Input, { t: 'sync' }>) => void
  /** A frame was refused, and why; or one report in a frame that else was good (`detail` null). */
  readonly onRefused: (reason: Refusal, from: AgentId, detail: string | null) => void
}

/** The gate between the sync streams and the agent. Throws FrameError for what must end the stream. */
export function createSyncIntake(init: SyncIntakeInit): (from: AgentId, frame: Uint8Array) => void {
  const { directory, open, trust, step, onRefused } = init
  return (from, frame) => {
    try {
      const { message, refused } = decodeSync(frame, { directory, open, trust })
      for (const reason of refused) onRefused(reason, from, null)
      step({ t: 'sync', from, message })
    } catch (error) {
      if (error instanceof FrameError) onRefused('malformed', from, error.message)
      throw error
    }
  }
}
