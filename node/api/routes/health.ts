import { z } from 'zod'
import { covers } from '../guard/scope.ts'
import { textResponse } from '../json.ts'
import { defineRoute } from '../route.ts'

const text = (status: number, description: string) => ({ status, description, contentType: 'text/plain' })

/** For supervisors and Prometheus. */
export const healthRoutes = [
  defineRoute({
    method: 'GET',
    path: '/livez',
    operationId: 'getLivez',
    tag: 'health',
    counted: 'health',
    scope: 'anyone',
    summary: 'Whether the process answers at all',
    answers: [text(200, 'It does')],
    handle: () => textResponse('alive\n'),
  }),
  defineRoute({
    method: 'GET',
    path: '/readyz',
    operationId: 'getReadyz',
    tag: 'health',
    counted: 'health',
    scope: 'anyone',
    summary: 'Whether the node can do its work; one line per failed check, with verbose for every check',
    description:
      'Who watches over the process may ask without a token; the lines are for callers with scope read.',
    query: z.strictObject({
      verbose: z.string().optional().describe('Any value: show the passed checks too'),
    }),
    answers: [text(200, 'Every check passed'), text(503, 'At least one failed')],
    handle: ({ env, query, caller }) => {
      const { checks } = env.node.status()
      const ready = checks.every(check => check.ok)
      const told = covers(caller.scope, 'read') ? checks : []
      const shown = query.verbose === undefined ? told.filter(check => !check.ok) : told
      const lines = shown.map(({ ok, name, detail }) => `${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}\n`)
      return textResponse(`${lines.join('')}${ready ? 'ready' : 'not ready'}\n`, ready ? 200 : 503)
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/metrics',
    operationId: 'getMetrics',
    tag: 'health',
    counted: 'metrics',
    scope: 'read',
    summary: 'Prometheus text; every metric is described in node/metrics/README.md',
    answers: [{ status: 200, description: 'Text format 0.0.4', contentType: 'text/plain' }],
    handle: async ({ env }) =>
      textResponse(await env.node.metrics(), 200, 'text/plain; version=0.0.4; charset=utf-8'),
  }),
]
