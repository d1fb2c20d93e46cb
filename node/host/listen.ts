import type { Listener, Transport } from '@libp2p/interface'
import { type TCPComponents, type TCPOptions, tcp } from '@libp2p/tcp'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'

/** Ports tried in all where a taken one may be left: as many nodes as one machine carries. */
const TRIES = 100
const PORT_MAX = 65_535

/** A node can't listen for its peers where it should. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly code: 'port-taken' | 'address-unavailable'
  /** The key of the configuration. */
  readonly path = 'listen'
  readonly address: string

  constructor(address: string, cause: NodeJS.ErrnoException) {
    super(`listen: ${complaintOf(address, cause)}`, { cause })
    this.code = cause.code === 'EADDRINUSE' ? 'port-taken' : 'address-unavailable'
    this.address = address
  }
}

function complaintOf(address: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') {
    const remedy = 'Stop that one, or set listen to another port (0 = any free one)'
    return `the port of ${address} is taken by another program, perhaps another node. ${remedy}`
  }
  if (code === 'EADDRNOTAVAIL')
    return `${address} is not an address of this machine. Set listen to one, or to /ip4/0.0.0.0/tcp/4710`
  if (code === 'EACCES')
    return `${address} needs privileges, as all ports below 1024 do. Set listen to a higher port`
  return `nobody can connect at ${address}: ${message}`
}

export interface ListenInit extends TCPOptions {
  /** Where a port is taken, take the next free one above it. */
  readonly mayMove: boolean
  /** Why an address can't be listened on; libp2p itself only puts it into a sentence. */
  readonly onFailure: (error: ListenError) => void
}

/**
 * TCP as libp2p has it, except for which port it is: that a port is free is only known once it is bound, so the
 * next one is tried where it counts.
 */
export function tcpThatMoves({ mayMove, onFailure, ...options }: ListenInit) {
  return (components: TCPComponents): Transport => {
    const transport = tcp(options)(components)
    const createListener = transport.createListener.bind(transport)
    transport.createListener = listenerOptions => {
      const listener = createListener(listenerOptions)
      const listen = listener.listen.bind(listener)
      listener.listen = address => bindNext(listen, address, mayMove ? TRIES : 1).catch(failed(address))
      return listener
    }
    return transport
  }

  function failed(address: Multiaddr) {
    return (cause: NodeJS.ErrnoException): never => {
      const error = new ListenError(address.toString(), cause)
      onFailure(error)
      throw error
    }
  }
}

async function bindNext(listen: Listener['listen'], address: Multiaddr, tries: number): Promise<void> {
  try {
    await listen(address)
  } catch (error) {
    const next = nextPort(address)
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    if (!isTaken || tries <= 1 || next === null) throw error
    await bindNext(listen, next, tries - 1)
  }
}

function nextPort(address: Multiaddr): Multiaddr | null {
  const [, before, port] = /^(.*\/tcp\/)(\d+)$/.exec(address.toString()) ?? []
  return before === undefined || Number(port) >= PORT_MAX ? null : multiaddr(`${before}${Number(port) + 1}`)
}
