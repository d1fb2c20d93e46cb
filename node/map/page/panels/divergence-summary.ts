import { byId, setText } from '../dom.ts'
import { distance, title } from '../format.ts'
import type { State } from '../state.ts'

/** One sentence above the table: how far the two beliefs are apart. */
export function openDivergenceSummary(state: State): void {
  const root = byId('divergence')
  const draw = (): void => {
    root.hidden = state.versus === null
    setText(root, sentenceOf(state))
    root.classList.toggle('agree', state.divergence?.notable === 0)
  }
  state.on('belief', draw)
  state.on('sources', draw)
}

function sentenceOf({ belief, other, divergence }: State): string {
  if (divergence === null || belief === null || other === null) return 'Waiting for the other node’s belief…'
  const here = title(belief.frame.self)
  const there = title(other.frame.self)
  if (divergence.notable === 0) return `${here} and ${there} agree on all ${divergence.differences.length}.`
  const parts = [`${here} and ${there} differ on ${divergence.notable} of ${divergence.differences.length}`]
  if (divergence.maxDistanceM > 0) parts.push(`at most ${distance(divergence.maxDistanceM)} apart`)
  if (divergence.missingInA > 0) parts.push(`${divergence.missingInA} known only to ${there}`)
  if (divergence.missingInB > 0) parts.push(`${divergence.missingInB} only to ${here}`)
  return `${parts.join(', ')}.`
}
