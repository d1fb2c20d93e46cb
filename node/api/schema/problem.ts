import { z } from 'zod'
import { apiSchemas } from './registry.ts'

/** RFC 9457, with a machine-readable code, and a hint that says what to do. */
export const problemDocument = z
  .object({
    type: z.string().describe('urn:skein:problem:<code>'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What was wrong, and where'),
    code: z.string(),
    instance: z.string().describe('Path of the request'),
    hint: z.string().describe('What to do'),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe('Every fault of a body or query, with its place'),
    definite: z.boolean().optional().describe('true = certainly not done; false = nobody knows'),
    nonce: z
      .string()
      .optional()
      .describe('Of the command that nobody knows the outcome of: ask again with it'),
    near: z.array(z.string()).optional().describe('Routes with a similar path'),
  })
  .register(apiSchemas, { id: 'Problem' })

export type ProblemDocument = z.output<typeof problemDocument>
