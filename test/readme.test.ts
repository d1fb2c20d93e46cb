import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const PAGES = ['README.md', 'CONTRIBUTING.md', 'node/config/README.md', 'node/metrics/README.md']

/** Targets of the relative links of a Markdown page, pictures included. */
function links(markdown: string): readonly string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) =>
    /^[a-z]+:|^#/.test(target) ? [] : [target.replace(/#.*$/, '')],
  )
}

describe('documentation', () => {
  for (const page of PAGES) {
    it(`${page} links to nothing that is not there`, () => {
      const targets = links(readFileSync(join(ROOT, page), 'utf8'))
      const missing = targets.filter(target => !existsSync(join(ROOT, dirname(page), target)))
      assert.deepEqual(missing, [])
    })
  }

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
    const named = [...readme.matchAll(/npm (?:run (?:-s )?)?(start|test|[a-z]+)\b/g)].map(
      ([, script = '']) => script,
    )
    const known = new Set([...Object.keys(scripts), 'ci', 'brings'])
    assert.deepEqual(
      named.filter(script => !known.has(script)),
      [],
    )
  })
})
