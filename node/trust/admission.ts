import { randomBytes } from 'node:crypto'
import type { Hello } from '../../protocols/hello/codec.ts'
import { verifyEd25519 } from '../../protocols/identity/ed25519.ts'
import { openCredential } from '../../protocols/trust/certificate.ts'
import type { Agent } from '../../src/agent/agent.ts'
import type { Shown } from '../../src/agent/interface.ts'
import type { AdmissionRefusal, Judgement } from '../../src/policy/admission.ts'
import type { Certificate } from '../../src/policy/certificate.ts'
import type { Genesis } from '../../src/policy/genesis.ts'
import type { AgentId, Now } from '../../src/ports.ts'

/** Who is let in, and what is shown to whoever has to decide the same of us. */
export interface Admission {
  /** What the own hello says of trust, now. */
  shows(): Pick<Hello, 'instance' | 'epoch' | 'credential'>
  /** Why a peer is not let in, for it to read; null = it is. */
  judge(peer: AgentId, hello: Hello): string | null
  /** Whether a peer that is up may be sent the positions of others. */
  mayHear(peer: AgentId): boolean
  /** Whether it may be shown what this node believes. */
  mayWatch(peer: AgentId): boolean
  /** The certificate of an agent, if one is known; null in an open swarm, where all are who they say they are. */
  readonly certified: ((agent: AgentId) => Certificate | undefined) | null
}

const newInstance = (): string => randomBytes(8).toString('hex')

/** An open swarm: whoever knows its name is let in. */
export function openAdmission(swarm: string): Admission {
  const instance = newInstance()
  return {
    shows: () => ({ instance, epoch: 0, credential: null }),
    judge: (_, hello) => {
      if (hello.swarm !== swarm)
        return `you are of swarm '${hello.swarm}', we are of '${swarm}': check the swarm setting`
      if (hello.credential !== null)
        return `you are of a closed swarm '${swarm}', we have no certificate: run skein init --join BUNDLE here`
      return null
    },
    mayHear: () => true,
    mayWatch: () => true,
    certified: null,
  }
}

export interface ClosedAdmissionInit {
  readonly genesis: Genesis
  readonly agent: Agent
  readonly now: () => Now
  readonly admit: (peer: AgentId, shown: Shown) => Judgement
  readonly onRefused: (refusal: AdmissionRefusal) => void
}

/** A closed swarm: whoever shows a certificate of its authority is let in. Strangers learn nothing but that. */
export function closedAdmission(init: ClosedAdmissionInit): Admission {
  const { genesis, agent, now } = init
  const trusting = agent.trusting
  if (trusting === null) throw new Error('an agent of a closed swarm has no certificate')
  const instance = newInstance()
  return {
    shows: () => ({ instance, epoch: trusting.membership.epoch, credential: trusting.own.bytes }),
    judge: (peer, hello) => {
      const { boot, epoch } = hello
      const judgement = init.admit(peer, {
        opened: open(hello, genesis),
        boot,
        epoch,
        instance: hello.instance,
      })
      if (!('refusal' in judgement)) return null
      init.onRefused(judgement.refusal)
      return judgement.reason
    },
    mayHear: peer => trusting.may(peer, 'topic', 'hear-positions', now()),
    mayWatch: peer => trusting.may(peer, 'stream', 'watch-view', now()),
    certified: peer => trusting.membership.credential(peer)?.certificate,
  }
}

function open({ credential, role }: Hello, genesis: Genesis): Shown['opened'] {
  if (credential === null) {
    return {
      refusal: 'missing',
      reason: 'this swarm is closed: get a bundle from its authority and run skein init --join BUNDLE',
    }
  }
  const opened = openCredential(credential, genesis, verifyEd25519)
  if ('refusal' in opened) return opened
  const { roles } = opened.credential.certificate
  if ((roles as readonly string[]).includes(role)) return opened
  return {
    refusal: 'wrong-role',
    reason: `you run as ${role}, and your certificate makes you ${roles.join(' and ')}`,
  }
}
