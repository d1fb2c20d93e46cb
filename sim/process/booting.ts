import type { Agent } from '../../src/agent/agent.ts'
import type { Recovered } from '../../src/agent/interface.ts'
import type { Signer } from '../../src/ports.ts'
import type { Watch } from '../invariants/watch.ts'
import { EVENT } from '../kernel/events.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { type Packet, packetOf, type SimNode } from './node.ts'
import { recoverFrom } from './recovery.ts'

/** The shell's own record: starts so far. No bucket of the event log begins with this byte. */
const BOOT_KEY = Uint8Array.of(0x78)
const BOOT_TOKEN = -1
const RETRY_US = 1_000_000

/**
 * Starting a process in two steps, as the real shell does: first the new boot number is made durable, then the log is
 * recovered and the agent made. A store that will not open is tried again every second; the boot record goes
 * into reserved space, so a full disk keeps nobody from starting.
 */
export class Booting {
  readonly #kernel: Kernel<Packet>
  readonly #watch: Watch
  readonly #make: (node: SimNode, recovered: Recovered) => Agent
  readonly #signer: (node: SimNode) => Signer
  /** Openings of a store that failed. */
  readErrors = 0
  quarantined = 0

  constructor(
    kernel: Kernel<Packet>,
    watch: Watch,
    signer: (node: SimNode) => Signer,
    make: (node: SimNode, recovered: Recovered) => Agent,
  ) {
    this.#kernel = kernel
    this.#watch = watch
    this.#signer = signer
    this.#make = make
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
    const tookUs = node.disk.write(BOOT_TOKEN, [{ type: 'put', key: BOOT_KEY, value: bootRecord(node.boot) }], true)
    const packet = packetOf({ t: 'written', token: BOOT_TOKEN }, node.boot)
    this.#kernel.schedule(nowUs + (tookUs ?? 0), EVENT.disk, node.index, node.epoch, packet)
  }

  /** The boot number is durable: recovers the log and starts the agent. */
  finish(node: SimNode): void {
    const signer = this.#signer(node)
    const recovered = recoverFrom(node.disk, signer)
    if (recovered.quarantined) this.quarantined++
    this.#watch.recovered(node, recovered, signer)
    node.start(found => this.#make(node, found), recovered, this.#kernel.nowUs)
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
