/** What an event of the simulation is about. */
export const EVENT = {
  /** A packet reaches node `node`, if it still lives the life (`arg` = epoch) it was sent to. */
  input: 0,
  /** The agent's wake-up. */
  tick: 1,
  /** The autopilot has a new fix. */
  fix: 2,
  /** The disk is done with a write. */
  disk: 3,
  /** Fault number `arg` of the schedule begins or ends. */
  fault: 4,
  /** The process starts. */
  boot: 5,
  /** A pause may be over. */
  resume: 6,
  /** Once a second: radio, connections, slow checks. */
  second: 7,
} as const

/** Numbers of the kinds of input, for the trace. */
export const INPUT_KINDS = [
  'start',
  'stop',
  'tick',
  'fix',
  'position',
  'peer',
  'sync',
  'written',
  'write-failed',
  'note',
  'hello',
] as const
