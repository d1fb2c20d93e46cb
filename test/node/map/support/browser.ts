import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { CHROMIUM, CHROMIUM_FLAGS } from '../../../../sim/bench/chromium.ts'

/** Why there is no browser to test in, or null. */
export const whyNoBrowser = (): string | null =>
  existsSync(CHROMIUM)
    ? null
    : `no Chromium at ${CHROMIUM}: run "apt-get install chromium" or set CHROMIUM_PATH to one`

export interface Browser {
  /** A page with nothing open; what it complains of and whom it calls is written down. */
  open(size?: { readonly width: number; readonly height: number }): Promise<WatchedPage>
  close(): Promise<void>
}

export interface WatchedPage {
  readonly page: Page
  readonly complaints: readonly string[]
  readonly requests: readonly string[]
}

export async function startBrowser(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'skein-map-'))
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    args: [...CHROMIUM_FLAGS],
  })
  return {
    async open(size = { width: 1280, height: 800 }) {
      const page = await context.newPage()
      await page.setViewportSize(size)
      const complaints: string[] = []
      const requests: string[] = []
      page.on('console', message => {
        // What the software renderer of a headless browser says of its own speed is not about the page.
        if (message.text().includes('GL Driver Message (OpenGL, Performance')) return
        if (['error', 'warning'].includes(message.type()))
          complaints.push(`${message.type()}: ${message.text()}`)
      })
      page.on('pageerror', error => complaints.push(String(error)))
      page.on('request', request => requests.push(request.url()))
      return { page, complaints, requests }
    },
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}
