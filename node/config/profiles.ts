import type { ProfileName } from './profile-names.ts'
import type { PartialConfig } from './schema.ts'

/** What each profile changes in the defaults; files, environment and flags still win over it. */
export const PROFILE_VALUES: Readonly<Record<ProfileName, PartialConfig>> = {
  drone: {},
  relay: {
    role: 'relay',
    vehicle: { kind: 'none' },
    relay: { client: false, server: true, maxReservations: 1024 },
    connections: { max: 1024, target: 24 },
  },
  // Many nodes of one machine: nothing leaves it, no port is fixed, no disk is set aside.
  demo: {
    listen: ['/ip4/127.0.0.1/tcp/0'],
    mdns: false,
    api: { port: 0 },
    vehicle: { kind: 'simulated' },
    eventLog: { reserveMiB: 1 },
    log: { level: 'warn' },
  },
  sim: {
    listen: ['/ip4/127.0.0.1/tcp/0'],
    mdns: false,
    api: { port: 0 },
    vehicle: { kind: 'simulated' },
    eventLog: { reserveMiB: 1 },
    log: { format: 'json' },
  },
}
