import { counter, gauge, histogram } from './define.ts'

const HTTP_ROUTES = [
  'status',
  'peers',
  'neighbors',
  'position',
  'log',
  'events',
  'map',
  'health',
  'metrics',
  'other',
] as const
export type HttpRoute = (typeof HTTP_ROUTES)[number]

/** Why a request was refused for who sent it. */
const HTTP_REFUSALS = ['missing', 'wrong', 'expired', 'scope', 'throttled', 'host', 'origin'] as const
export type HttpRefusal = (typeof HTTP_REFUSALS)[number]

const HTTP_STREAMS = ['log', 'events', 'map'] as const
export type HttpStream = (typeof HTTP_STREAMS)[number]

export const httpMetrics = {
  skein_http_requests_total: counter({
    help: 'HTTP requests answered, refused ones included.',
    labels: { route: HTTP_ROUTES, code: ['2xx', '3xx', '4xx', '5xx'] },
  }),
  skein_api_auth_failures_total: counter({
    help: 'HTTP requests refused for who sent them: no token or a wrong one, too small a scope, a foreign page.',
    labels: { reason: HTTP_REFUSALS },
  }),
  skein_http_request_duration_seconds: histogram({
    help: 'Time until the head of an answer was ready; streams go on after it.',
  }),
  skein_stream_clients: gauge({
    help: 'Readers of a stream now.',
    labels: { stream: HTTP_STREAMS },
  }),
  skein_stream_readers_dropped_total: counter({
    help: 'Readers whose connection was closed because they read too slowly.',
    labels: { stream: HTTP_STREAMS },
  }),
  skein_stream_frames_dropped_total: counter({
    help: 'Map frames that a slow reader was not sent; it gets a newer one instead.',
  }),
}
