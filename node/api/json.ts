import type { z } from 'zod'
import type { RouteAnswer } from './route.ts'
import { problemDocument } from './schema/problem.ts'

/** 200 with JSON. What a node says of itself is never kept by a cache. */
export function jsonResponse(value: unknown): Response {
  return new Response(`${JSON.stringify(value)}\n`, {
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })
}

export const jsonAnswer = (description: string, schema: z.ZodType): RouteAnswer => ({
  status: 200,
  description,
  contentType: 'application/json',
  schema,
})

export const problemAnswer = (status: number, description: string): RouteAnswer => ({
  status,
  description,
  contentType: 'application/problem+json',
  schema: problemDocument,
})

export const textResponse = (
  text: string,
  status = 200,
  contentType = 'text/plain; charset=utf-8',
): Response =>
  new Response(text, { status, headers: { 'content-type': contentType, 'cache-control': 'no-store' } })
