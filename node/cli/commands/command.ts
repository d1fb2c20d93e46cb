import { randomBytes } from 'node:crypto'
import { Argument, Command, Option } from 'commander'
import { COMMAND_LIFE_MAX_MS, COMMAND_VERBS, type CommandVerb } from '../../../src/policy/signed-command.ts'
import type { CommandPost } from '../../api/schema/command.ts'
import type { CommandAnswer } from '../../interface.ts'
import { EXIT } from '../exit-codes.ts'
import { UsageError } from '../failure.ts'
import {
  type ApiOptions,
  clientOf,
  type OutputOptions,
  outputOption,
  withApiOptions,
  withExamples,
} from '../options.ts'
import { hint, printRecord } from '../output.ts'

export function command(): Command {
  const command = new Command('command')
    .description(
      'Commands a vehicle as the node that is asked, and prints what the vehicle decided. Ends with 0 when it does so, 1 when it refuses, 75 when others must agree or nobody knows.',
    )
    .addArgument(new Argument('<verb>', 'what to do').choices(COMMAND_VERBS))
    .addArgument(new Argument('<vehicle>', 'its name or its agent id'))
    .addOption(new Option('--to <lat,lng,alt>', 'for goto: degrees, and metres above WGS84').argParser(place))
    .addOption(
      new Option('--ttl <seconds>', 'how long it is good for').argParser(lifeMs).default(10_000, '10'),
    )
    .addOption(new Option('--nonce <hex>', 'ask for the outcome of a command again'))
    .addOption(outputOption())
    .action(run)
  return withExamples(withApiOptions(command), [
    ['skein command hold drone-7', 'stay where it is'],
    ['skein command land drone-7 --api 4781', 'through another node'],
    ['skein command goto drone-7 --to 47.3779,8.5403,520', 'fly there'],
    ['skein command kill drone-7', 'motors off: a second author must say so too'],
  ])
}

interface CommandFlags {
  readonly to?: CommandPost['point']
  readonly ttl: number
  readonly nonce?: string
}

async function run(
  verb: CommandVerb,
  vehicle: string,
  options: ApiOptions & OutputOptions & CommandFlags,
): Promise<void> {
  const { to, ttl, output } = options
  // Of our own, so that it is known also when no answer comes at all.
  const nonce = options.nonce ?? randomBytes(16).toString('hex')
  const post: CommandPost = { target: vehicle, verb, ttlMs: ttl, nonce, ...(to && { point: to }) }
  try {
    const answer = await clientOf(options).command(post)
    printRecord(answer, factsOf(answer), output)
    process.exitCode = EXIT_OF[answer.decision]
  } catch (error) {
    hint(`ask again: skein command ${verb} ${vehicle} --nonce ${nonce}`)
    throw error
  }
}

const EXIT_OF = { allow: EXIT.ok, refuse: EXIT.failure, wait: EXIT.retryLater } as const

const factsOf = ({ decision, rule, reason, target, nonce, at }: CommandAnswer) =>
  [
    ['decision', decision],
    ['rule', rule],
    ['reason', reason],
    ['vehicle', target],
    ['at', at],
    ['nonce', nonce],
  ] as const

function place(text: string): CommandPost['point'] {
  const [latDeg, lngDeg, value, ...rest] = text
    .split(',')
    .map(part => (part.trim() === '' ? Number.NaN : Number(part)))
  if (
    latDeg === undefined ||
    lngDeg === undefined ||
    value === undefined ||
    rest.length > 0 ||
    !Number.isFinite(latDeg + lngDeg + value)
  )
    throw new UsageError(`--to ${text}: must be latitude,longitude,altitude such as 47.3779,8.5403,520`)
  return { latDeg, lngDeg, altitude: { value, reference: 'W84', units: 'M' } }
}

function lifeMs(text: string): number {
  const ms = Math.round(Number(text) * 1000)
  if (ms >= 1 && ms <= COMMAND_LIFE_MAX_MS) return ms
  throw new UsageError(
    `--ttl ${text}: must be seconds, more than 0 and at most ${COMMAND_LIFE_MAX_MS / 1000}`,
  )
}
