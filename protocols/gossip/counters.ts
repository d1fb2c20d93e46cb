/** What the gossip layer did since it was made. Plain numbers: read them whenever, subtract to get rates. */
export interface GossipCounters {
  /** RPCs taken in and sent out. */
  rpcsIn: number
  rpcsOut: number
  /** Message copies taken in: new ones and duplicates. */
  messagesIn: number
  duplicates: number
  /** Their payload, copies included, without topics and framing. */
  bytesIn: number
  bytesOut: number
  /** Verdicts of `validate` on new messages. */
  accepted: number
  ignored: number
  rejected: number
  /** New messages on topics this node isn't subscribed to: neither validated nor relayed. */
  offTopic: number
  published: number
  /** Message copies sent out, own and relayed. */
  messagesOut: number
  /** Copies not sent because the peer sent the message to us while it waited. */
  suppressed: number
  /** Copies dropped because a peer's queue was full: ephemeral ones only. */
  overflowed: number
  /** Connections closed because their peer read nothing. */
  unread: number
  /** Flushes put off because a peer's stream was congested. */
  congested: number
  /** RPCs refused as malformed, and RPCs of peers scored too low to be heard. */
  malformed: number
  graylisted: number
  /** `validate` or `onMessage` threw: a fault of this node's, the message counted as ignored. */
  handlerErrors: number
  /** Connections closed because their gossip link was half dead. */
  deadLinks: number
  /** Steps of the wall clock noticed and evened out. */
  clockSteps: number
}

export function gossipCounters(): GossipCounters {
  return {
    rpcsIn: 0,
    rpcsOut: 0,
    messagesIn: 0,
    duplicates: 0,
    bytesIn: 0,
    bytesOut: 0,
    accepted: 0,
    ignored: 0,
    rejected: 0,
    offTopic: 0,
    published: 0,
    messagesOut: 0,
    suppressed: 0,
    overflowed: 0,
    unread: 0,
    congested: 0,
    malformed: 0,
    graylisted: 0,
    handlerErrors: 0,
    deadLinks: 0,
    clockSteps: 0,
  }
}
