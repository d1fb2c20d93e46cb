import { standsMutants } from './engine/stands-mutants.ts'
import { NODE } from './targets/node.ts'

/** A handshake each, and a new identity every few: fewer, for what they lead to has its thousand elsewhere. */
const CASES = 30

describe('fuzz: a real node on loopback', () => standsMutants(NODE, CASES))
