/** What an agent is for. A certificate may name several. */
export const ROLES = ['drone', 'anchor', 'relay', 'dispatcher', 'observer', 'regulator', 'bridge'] as const
export type Role = (typeof ROLES)[number]

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text)
}
