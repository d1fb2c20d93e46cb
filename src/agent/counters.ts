import { COMMAND_DECISIONS, COMMAND_VERBS, type CommandVerb } from '../policy/signed-command.ts'

/**
 * What became of a command at one agent: decided by its vehicle, or seen by it before; handed on to another, or not:
 * its author may not, or says too much.
 */
export const COMMAND_FATES = [...COMMAND_DECISIONS, 'repeat', 'forward', 'drop'] as const
export type CommandFate = (typeof COMMAND_FATES)[number]

/** What an agent counts. Plain numbers that only rise; the shells read them for metrics and reports. */
export interface AgentCounters {
  fixes: number
  positionsPublished: number
  positionsAccepted: number
  positionsStale: number
  positionsExpired: number
  positionsFuture: number
  /** Reports under our own key that we never made: someone flies with a copy of our identity. */
  positionsCloned: number
  positionsForgotten: number
  digestsSent: number
  digestsReceived: number
  deltaPositionsSent: number
  deltaPositionsReceived: number
  deltaPositionsTaken: number
  eventsAppended: number
  /** Events not taken, because too much waits for the disk. */
  eventsRefused: number
  writesFailed: number
  /** Reports whose author's certificate had to be asked for first. */
  positionsUnknown: number
  /** Reports by someone who may not make any: not by its role, or not any more. */
  positionsNotAllowed: number
  admissionsRefused: number
  credentialsLearned: number
  revocationListsTaken: number
  peersExpelled: number
  /** Hellos with the key of a peer that is already connected, from another process. */
  clonesSeen: number
  /** Agents found to have signed two things that exclude each other. */
  equivocations: number
  readonly commands: { readonly [V in CommandVerb]: Record<CommandFate, number> }
}

export function zeroCounters(): AgentCounters {
  return {
    fixes: 0,
    positionsPublished: 0,
    positionsAccepted: 0,
    positionsStale: 0,
    positionsExpired: 0,
    positionsFuture: 0,
    positionsCloned: 0,
    positionsForgotten: 0,
    digestsSent: 0,
    digestsReceived: 0,
    deltaPositionsSent: 0,
    deltaPositionsReceived: 0,
    deltaPositionsTaken: 0,
    eventsAppended: 0,
    eventsRefused: 0,
    writesFailed: 0,
    positionsUnknown: 0,
    positionsNotAllowed: 0,
    admissionsRefused: 0,
    credentialsLearned: 0,
    revocationListsTaken: 0,
    peersExpelled: 0,
    clonesSeen: 0,
    equivocations: 0,
    commands: ofEach(COMMAND_VERBS, () => ofEach(COMMAND_FATES, () => 0)),
  }
}

const ofEach = <K extends string, T>(keys: readonly K[], value: () => T): Record<K, T> =>
  Object.fromEntries(keys.map(key => [key, value()])) as Record<K, T>
