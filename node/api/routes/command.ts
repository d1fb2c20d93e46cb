import {
  type CommandRefusal,
  CommandRefusedError,
  CommandUnknownError,
} from '../../commands/command-error.ts'
import { demand } from '../guard/callers.ts'
import { jsonAnswer, jsonResponse, problemAnswer } from '../json.ts'
import { ellipsoidHeightM } from '../position-fix.ts'
import { ApiProblem } from '../problem.ts'
import { defineRoute } from '../route.ts'
import { commandAnswer, commandRequest } from '../schema/command.ts'

/** For whoever tells vehicles what to do. */
export const commandRoutes = [
  defineRoute({
    method: 'POST',
    path: '/api/v1/commands',
    operationId: 'postCommand',
    tag: 'vehicle',
    counted: 'other',
    scope: 'operate',
    summary: 'Command a vehicle, and hear what it makes of it',
    description:
      'The node signs the command as itself: what its own certificate lets it say, its API lets you say. A kill needs scope admin, and on board a second author. 200 is the vehicle’s own answer, also when it refuses; 504 means that nobody knows: ask again with the nonce of the problem. A problem with definite true was certainly not done.',
    body: commandRequest,
    answers: [
      jsonAnswer('What the vehicle decided', commandAnswer),
      problemAnswer(404, 'This node knows no such member'),
      problemAnswer(409, 'An open swarm, a name that several have, or a nonce used for another command'),
      problemAnswer(
        503,
        'Certainly not sent: the node is connected to nobody, its disk is behind, or too many were',
      ),
      problemAnswer(504, 'No answer in 5 s: it may have been done, or may yet be until it ends'),
    ],
    handle: async ({ env, body, caller, request }) => {
      const { point: place, ...rest } = body
      if (rest.verb === 'kill') demand(caller, 'admin')
      const point = place && {
        latE7: Math.round(place.latDeg * 1e7),
        lonE7: Math.round(place.lngDeg * 1e7),
        altMm: Math.round(ellipsoidHeightM(place.altitude, env.options.geoidOffsetM) * 1_000),
      }
      try {
        return jsonResponse(await env.node.command({ ...rest, point }, request.signal))
      } catch (error) {
        if (error instanceof CommandRefusedError) throw refusal(error)
        if (error instanceof CommandUnknownError) throw unknown(error)
        throw error
      }
    },
  }),
]

const REFUSALS: { readonly [R in CommandRefusal]: readonly [status: number, hint: string] } = {
  'open-swarm': [409, 'Only members of a closed swarm have the rights to command: skein ca init.'],
  'unknown-target': [404, 'See GET /api/v1/neighbors for agent ids; or wait until the node has met it.'],
  'ambiguous-target': [409, 'Give the agent id.'],
  role: [403, 'See skein policy table; ask the authority for a certificate with a role that may.'],
  alone: [503, 'Try again once GET /api/v1/peers shows a peer that is connected.'],
  rate: [503, 'Wait a second for every other one.'],
  nonce: [409, 'Give each command a nonce of its own, or none.'],
  log: [503, 'See the disk check of /readyz, then try again.'],
}

function refusal(error: CommandRefusedError): ApiProblem {
  const [status, hint] = REFUSALS[error.code]
  const detail = `The command was not sent: ${error.message}.`
  return new ApiProblem(
    {
      code: `command-${error.code}`,
      status,
      detail,
      hint,
      definite: true,
      ...(status === 503 && { headers: { 'retry-after': '1' } }),
    },
    { cause: error },
  )
}

const unknown = (error: CommandUnknownError): ApiProblem =>
  new ApiProblem(
    {
      code: error.code,
      status: 504,
      detail: `The command was sent, and ${error.message}: whether it is carried out is not known.`,
      hint: 'Send the same request with this nonce again: it is done once at most, and answered again.',
      definite: false,
      nonce: error.nonce,
    },
    { cause: error },
  )
