import { z } from 'zod'
import { jsonAnswer, jsonResponse } from '../json.ts'
import { defineRoute } from '../route.ts'
import { neighborView, nodeStatus, peerView } from '../schema/view.ts'

/** What this node knows: of itself, of its peers, of who flies around it. */
export const viewRoutes = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/status',
    operationId: 'getStatus',
    tag: 'view',
    counted: 'status',
    scope: 'read',
    summary: 'This node: identity, vehicle, log, clock and health checks',
    answers: [jsonAnswer('The status now', nodeStatus)],
    handle: ({ env }) => jsonResponse(env.node.status()),
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/peers',
    operationId: 'getPeers',
    tag: 'view',
    counted: 'peers',
    scope: 'read',
    summary: 'The nodes this one knows on the network, and how it reaches them',
    answers: [jsonAnswer('All known peers', z.array(peerView))],
    handle: ({ env }) => jsonResponse(env.node.peers()),
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/neighbors',
    operationId: 'getNeighbors',
    tag: 'view',
    counted: 'neighbors',
    scope: 'read',
    summary: 'The agents whose position this node shares, as believed here and now',
    description:
      'A fresh report is a point. An older one is a volume: the true position is within uncertaintyM of the one given.',
    answers: [jsonAnswer('All neighbours', z.array(neighborView))],
    handle: ({ env }) => jsonResponse(env.node.neighbors()),
  }),
]
