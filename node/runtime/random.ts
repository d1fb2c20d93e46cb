import { randomInt } from 'node:crypto'
import type { Random } from '../../src/ports.ts'

/** Randomness of the operating system. Forks are the same source: it needs no streams of its own. */
export function systemRandom(): Random {
  const random: Random = {
    u32: () => randomInt(2 ** 32),
    int: n => randomInt(n),
    float: () => randomInt(2 ** 32) / 2 ** 32,
    fork: () => random,
  }
  return random
}
