import { jsonAnswer, jsonResponse, problemAnswer } from '../json.ts'
import { fixOfReport } from '../position-fix.ts'
import { ApiProblem } from '../problem.ts'
import { defineRoute } from '../route.ts'
import { positionReport } from '../schema/position.ts'
import { vehicleFix } from '../schema/view.ts'

/** For a program that is the vehicle itself. */
export const vehicleRoutes = [
  defineRoute({
    method: 'POST',
    path: '/api/v1/position',
    operationId: 'postPosition',
    tag: 'vehicle',
    counted: 'position',
    summary: 'Tell the node where its vehicle is',
    description:
      'Post as often as the vehicle knows better, up to 10 times a second. The node decides when its neighbours must hear of it.',
    body: positionReport,
    answers: [
      jsonAnswer('Taken; the fix as the node understood it', vehicleFix),
      problemAnswer(422, 'Not a position this node can take; code says why'),
    ],
    handle: ({ env, body }) => {
      const fix = fixOfReport(body, env.options.geoidOffsetM)
      try {
        env.node.postFix(fix)
      } catch (error) {
        throw refusal(error)
      }
      return jsonResponse(fix)
    },
  }),
]

/** The node's own words for a fix it does not take; any other error stays what it is. */
function refusal(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'FixRefusedError' || !('code' in error)) return error
  return new ApiProblem(
    {
      code: String(error.code),
      status: 422,
      detail: error.message,
      hint: 'Send only fixes the vehicle is sure of; without one, send nothing: neighbours then see its age grow.',
    },
    { cause: error },
  )
}
