import { z } from 'zod'
import { COMMAND_DECISIONS, COMMAND_LIFE_MAX_MS, COMMAND_VERBS } from '../../../src/policy/signed-command.ts'
import type { CommandAnswer } from '../../interface.ts'
import { agentId, latDeg, lngDeg } from './common.ts'
import { altitude } from './position.ts'
import { apiSchemas } from './registry.ts'

const nonce = z.string().regex(/^[0-9a-f]{32}$/, '32 lower-case hex digits')

export const commandRequest = z
  .strictObject({
    target: z.string().min(1).max(128).describe('Agent id of the vehicle, or the name in its certificate'),
    verb: z.enum(COMMAND_VERBS),
    point: z
      .strictObject({ latDeg, lngDeg, altitude })
      .optional()
      .describe('For goto, and for no other verb'),
    ttlMs: z.int().min(1).max(COMMAND_LIFE_MAX_MS).default(10_000).describe('How long it is good for'),
    nonce: nonce
      .optional()
      .describe(
        'Of your choice, random: the same request with the same one is done once, and answered again',
      ),
  })
  .superRefine(({ verb, point }, refusal) => {
    if ((verb === 'goto') === (point !== undefined)) return
    refusal.addIssue({ code: 'custom', path: ['point'], message: 'goto has a point, and no other verb has' })
  })
  .register(apiSchemas, { id: 'CommandRequest' })

/** What a program sends. */
export type CommandPost = z.input<typeof commandRequest>

export const commandAnswer: z.ZodType<CommandAnswer> = z
  .object({
    target: agentId,
    nonce,
    decision: z
      .enum(COMMAND_DECISIONS)
      .describe(
        'allow = it is being carried out; refuse = it was not and will not be; wait = not yet: others must agree',
      ),
    rule: z.string().describe('What decided'),
    reason: z.string().describe('For a person'),
    at: z.iso.datetime({ offset: true }).describe('When, by the clock of the vehicle'),
  })
  .register(apiSchemas, { id: 'CommandAnswer' })
