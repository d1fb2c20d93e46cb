import { z } from 'zod'
import { problemAnswer, textResponse } from '../json.ts'
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
    summary: 'Whether the process answers at all',
    open: true,
    answers: [text(200, 'It does')],
    handle: () => textResponse('alive\n'),
  }),
  defineRoute({
    method: 'GET',
    path: '/readyz',
    operationId: 'getReadyz',
    tag: 'health',
    counted: 'health',
    summary: 'Whether the node can do its work; one line per failed check, with verbose for every check',
    query: z.strictObject({
      verbose: z.string().optional().describe('Any value: show the passed checks too'),
    }),
    answers: [text(200, 'Every check passed'), text(503, 'At least one failed')],
    handle: ({ env, query }) => {
      const { checks } = env.node.status()
      const ready = checks.every(check => check.ok)
      const shown = query.verbose === undefined ? checks.filter(check => !check.ok) : checks
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
    summary: 'Prometheus text; every metric is described in node/metrics/README.md',
    answers: [
      { status: 200, description: 'Text format 0.0.4', contentType: 'text/plain' },
      problemAnswer(401, 'Token missing'),
    ],
    handle: async ({ env }) =>
      textResponse(await env.node.metrics(), 200, 'text/plain; version=0.0.4; charset=utf-8'),
  }),
]
