const encoder = new TextEncoder()

/**
 * What every signature covers before the message itself: the kind of message and the swarm. It is not sent, so
 * it costs no bytes, and a message of another swarm, or one replayed as another kind, fails verification.
 */
export function signingContext(kind: string, swarm: string): Uint8Array {
  const context = encoder.encode(`skein/${kind}/1\0${swarm}\0`)
  if (context.byteLength > 255) throw new RangeError(`swarm id '${swarm}' is too long: use at most 200 bytes`)
  return context
}

/** The bytes that are signed: context, then message. */
export function signedBytes(context: Uint8Array, message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(context.byteLength + message.byteLength)
  bytes.set(context)
  bytes.set(message, context.byteLength)
  return bytes
}
