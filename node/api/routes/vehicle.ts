import { FixRefusedError } from '../../../src/vehicle/fix-check.ts'
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
    scope: 'operate',
    summary: 'Tell the node where its vehicle is',
    description:
      'Post as often as the vehicle knows better, up to 10 times a second. The node decides when its neighbours must hear of it.',
    body: positionReport,
    answers: [
      jsonAnswer('Taken; the fix as the node understood it', vehicleFix),
      problemAnswer(409, 'The vehicle of this node is another one'),
      problemAnswer(422, 'Not a position this node can take; code says why'),
      problemAnswer(503, 'The node is starting or stopping'),
    ],
    handle: ({ env, body }) => {
      const fix = fixOfReport(body, env.options.geoidOffsetM)
      requireHttpVehicle(env.node.status().vehicle.kind)
      try {
        env.node.postFix(fix)
      } catch (error) {
        if (!(error instanceof FixRefusedError)) throw error
        env.options.metrics.inc('skein_vehicle_fixes_refused_total', { reason: error.code })
        throw refusal(error)
      }
      return jsonResponse(fix)
    },
  }),
]

/** Throws ApiProblem (409): positions come from elsewhere, and two sources would tell the swarm two truths. */
function requireHttpVehicle(kind: string): void {
  if (kind === 'http') return
  throw new ApiProblem({
    code: 'other-vehicle',
    status: 409,
    detail: `The vehicle of this node is '${kind}': it says itself where it is.`,
    hint: 'Run the node with --vehicle http to post its positions.',
  })
}

/** The node's own words for a fix it does not take. */
function refusal(error: FixRefusedError): ApiProblem {
  const { code, field, message } = error
  // A node that starts or stops would take the same fix at another time; the others are wrong for good.
  const status = code === 'not-running' ? 503 : 422
  return new ApiProblem(
    {
      code: `fix-${code}`,
      status,
      detail: `The fix was refused: ${message}.`,
      hint:
        status === 503
          ? 'Post the next fix; GET /readyz says when the node is ready.'
          : 'Send only fixes the vehicle is sure of; without one, send nothing: neighbours then see its age grow.',
      ...(field !== null && { errors: [{ path: field, message }] }),
      ...(status === 503 && { headers: { 'retry-after': '1' } }),
    },
    { cause: error },
  )
}
