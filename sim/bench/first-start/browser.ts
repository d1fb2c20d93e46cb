import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { CHROMIUM, CHROMIUM_FLAGS } from '../chromium.ts'
import { median } from '../result.ts'

/** Runs in the page: a text, since the types of a browser are not those of Node. */
const PAINT = `({
  firstPaintMs: performance.getEntriesByName('first-paint')[0].startTime,
  firstContentMs: performance.getEntriesByName('first-contentful-paint')[0].startTime,
  loadedMs: performance.getEntriesByType('navigation')[0].loadEventStart,
})`

/** What a user waits for after opening the map, ms from the navigation; medians of several visits. */
export interface Paint {
  readonly firstPaintMs: number
  readonly firstContentMs: number
  /** All files are there and the page has run. */
  readonly loadedMs: number
}

/** Opens the page so many times, each with an empty cache. Null where there is no Chromium. */
export async function paintOf(url: string, profile: string, visits: number): Promise<Paint | null> {
  if (!existsSync(CHROMIUM)) return null
  const visited: Paint[] = []
  for (let i = 0; i < visits; i++) visited.push(await visit(url, `${profile}-${i}`))
  const of = (pick: (paint: Paint) => number) => median(visited.map(pick))
  return {
    firstPaintMs: of(one => one.firstPaintMs),
    firstContentMs: of(one => one.firstContentMs),
    loadedMs: of(one => one.loadedMs),
  }
}

async function visit(url: string, profile: string): Promise<Paint> {
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    args: [...CHROMIUM_FLAGS],
  })
  try {
    const page = await browser.newPage()
    await page.goto(url, { waitUntil: 'load' })
    await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0)
    return await page.evaluate<Paint>(PAINT)
  } finally {
    await browser.close()
  }
}
