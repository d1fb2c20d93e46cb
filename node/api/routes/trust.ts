import { TrustRefusedError } from '../../trust/trust-desk.ts'
import { readBytes } from '../body.ts'
import { jsonAnswer, jsonResponse, problemAnswer } from '../json.ts'
import { ApiProblem } from '../problem.ts'
import { defineRoute } from '../route.ts'
import { revocationsTaken, trustView } from '../schema/trust.ts'

/** Who belongs to the swarm, and who no longer does. */
export const trustRoutes = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/trust',
    operationId: 'getTrust',
    tag: 'trust',
    counted: 'other',
    scope: 'read',
    summary: 'The swarm’s root key, what was revoked, and how far the logs of members go',
    answers: [
      jsonAnswer('What this node knows', trustView),
      problemAnswer(404, 'The node runs an open swarm: there is nothing to know'),
    ],
    handle: ({ env }) => {
      const view = env.node.trust()
      if (view !== null) return jsonResponse(view)
      throw new ApiProblem({
        code: 'open-swarm',
        status: 404,
        detail: 'This node runs an open swarm: nobody in it has a certificate.',
        hint: 'Found a closed one with: skein ca init',
      })
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/api/v1/trust/revocations',
    operationId: 'postRevocations',
    tag: 'trust',
    counted: 'other',
    scope: 'operate',
    summary: 'Hand the swarm a revocation list of its authority',
    description:
      'The body is the list as skein ca revoke writes it (revocations.cbor), content type application/cbor. It proves itself: the token only keeps strangers from trying. From one node it goes to all.',
    answers: [
      jsonAnswer('Verified; taken = it was newer than what the node had', revocationsTaken),
      problemAnswer(409, 'The node runs an open swarm'),
      problemAnswer(415, 'Not application/cbor'),
      problemAnswer(422, 'Not a list by the authority of this swarm'),
    ],
    handle: async ({ env, request }) => {
      const list = await readBytes(request, 'application/cbor', env.limits.bodyBytesMax)
      try {
        return jsonResponse(await env.node.revoke(list))
      } catch (error) {
        if (!(error instanceof TrustRefusedError)) throw error
        throw new ApiProblem(
          {
            code: `revocations-${error.code}`,
            status: error.code === 'open-swarm' ? 409 : 422,
            detail: `The list was not taken: ${error.message}.`,
            hint: 'Send revocations.cbor of the authority that founded this swarm.',
          },
          { cause: error },
        )
      }
    },
  }),
]
