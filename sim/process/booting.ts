import { type RecoveredLog, recoverLog } from '../../src/eventlog/recover.ts'
import type { StoreOp, WriteToken } from '../../src/ports.ts'
import { hlcOfMs } from '../../src/time/hlc.ts'
import type { Watch } from '../invariants/watch.ts'
import { EVENT } from '../kernel/events.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { type Packet, packetOf, type SimNode } from './node.ts'

/** The shell's own record: starts so far. No bucket of the event log begins with this byte. */
const BOOT_KEY = Uint8Array.of(0x78)
const BOOT_TOKEN = -1
const MENDED_TOKEN = -2
const RETRY_US = 1_000_000

/**
 * Starting a process as the real shell does, each step after the write before it is durable: the new boot number, what
 * recovery found and moved aside, then the agent. A store that will not open is tried again every second; these
 * records go into reserved space, so a full disk keeps nobody from starting.
 */
export class Booting {
  readonly #kernel: Kernel<Packet>
  readonly #watch: Watch
  readonly #start: (node: SimNode, recovered: RecoveredLog) => void
  /** Openings of a store that failed. */
  readErrors = 0
  quarantined = 0

  readonly #found = new Map<number, RecoveredLog>()

  constructor(kernel: Kernel<Packet>, watch: Watch, start: (node: SimNode, recovered: RecoveredLog) => void) {
    this.#kernel = kernel
    this.#watch = watch
    this.#start = start
  }

  /** Opens the store and writes the new boot number. */
  begin(node: SimNode): void {
    const nowUs = this.#kernel.nowUs
    if (!node.disk.opens()) {
      this.readErrors++
      this.#kernel.schedule(nowUs + RETRY_US, EVENT.boot, node.index, node.epoch, null)
      return
    }
    node.boot = readBoot(node.disk.get(BOOT_KEY)) + 1
    this.#write(node, BOOT_TOKEN, [{ type: 'put', key: BOOT_KEY, value: bootRecord(node.boot) }])
  }

  /** A write of a starting node is durable. */
  written(node: SimNode, token: WriteToken): void {
    if (token === BOOT_TOKEN) this.#recover(node)
    else this.#finish(node)
  }

  #recover(node: SimNode): void {
    const { signer } = node
    const hlc = hlcOfMs(node.clock.read(this.#kernel.nowUs).wallMs)
    const init = { author: node.id, boot: node.boot, signer, hlc }
    const recovered = recoverLog(init, range => node.disk.range(range.gte, range.lt))
    this.#watch.recovered(node, recovered)
    if (recovered.quarantined) this.quarantined++
    this.#found.set(node.index, recovered)
    if (recovered.ops.length === 0) this.#finish(node)
    else this.#write(node, MENDED_TOKEN, recovered.ops)
  }

  #finish(node: SimNode): void {
    const recovered = this.#found.get(node.index)
    if (recovered === undefined) throw new Error(`node ${node.index} starts without a recovered log`)
    this.#found.delete(node.index)
    this.#start(node, recovered)
  }

  #write(node: SimNode, token: WriteToken, ops: readonly StoreOp[]): void {
    const tookUs = node.disk.write(token, ops, true) ?? 0
    const packet = packetOf({ t: 'written', token }, node.boot)
    this.#kernel.schedule(this.#kernel.nowUs + tookUs, EVENT.disk, node.index, node.epoch, packet)
  }
}

function bootRecord(boot: number): Uint8Array {
  const value = new Uint8Array(4)
  new DataView(value.buffer).setUint32(0, boot)
  return value
}

function readBoot(value: Uint8Array | undefined): number {
  return value === undefined ? 0 : new DataView(value.buffer).getUint32(0)
}
