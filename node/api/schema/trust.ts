import { z } from 'zod'
import type { TrustView } from '../../interface.ts'
import { agentId, count } from './common.ts'
import { apiSchemas } from './registry.ts'

export const trustView: z.ZodType<TrustView> = z
  .object({
    swarm: z.string(),
    root: z.string().describe('Fingerprint of the root key, as skein ca shows it'),
    epoch: count.describe('Of the newest revocation list known; 0 = none yet'),
    revoked: z.array(
      z.object({
        agent: agentId,
        serial: count,
        reason: z.string(),
        validTo: z
          .object({ boot: count, seq: count })
          .nullable()
          .describe('What it signed up to here stays valid'),
      }),
    ),
    witnessed: z
      .array(
        z.object({
          agent: agentId,
          boot: count,
          seq: count.describe('Of its last event'),
          hash: z.string().describe('Of its last event, hex'),
          head: z
            .string()
            .describe('The head as the agent signed it, hex: proof if its log is ever cut back'),
        }),
      )
      .describe('How far the logs of others go'),
  })
  .register(apiSchemas, { id: 'Trust' })

export const revocationsTaken = z
  .object({ taken: z.boolean().describe('It was news'), epoch: count })
  .register(apiSchemas, { id: 'RevocationsTaken' })
