import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { type Browser, startBrowser, type WatchedPage, whyNoBrowser } from './support/browser.ts'
import { type MapServer, startMapServer } from './support/server.ts'
import { agentOf } from './support/swarm.ts'

const ZURICH = new URL('../../../node/demo/zurich-base.json', import.meta.url)
const why = whyNoBrowser()

/** Pixels of the scene as it was just drawn: how many are not background, and how many colours there are. */
const READ_PIXELS = `new Promise(resolve => requestAnimationFrame(() => {
  const scene = document.querySelector('#canvas')
  const copy = new OffscreenCanvas(scene.width, scene.height).getContext('2d')
  copy.drawImage(scene, 0, 0)
  const { data } = copy.getImageData(0, 0, scene.width, scene.height)
  const colors = new Set()
  let drawn = 0
  for (let i = 0; i < data.length; i += 4) {
    colors.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2])
    if (data[i] + data[i + 1] + data[i + 2] > 0x0a + 0x0f + 0x14 + 12) drawn++
  }
  resolve({ share: drawn / (data.length / 4), colors: colors.size })
}))`

describe('live map in a browser', function () {
  this.timeout(60_000)
  if (why !== null) {
    it(`is not tested here: ${why}`)
    return
  }

  let browser: Browser
  let small: MapServer
  before(async () => {
    small = await startMapServer({ drones: 8, base: await readFile(ZURICH, 'utf8') })
    browser = await startBrowser()
  })
  after(async () => {
    await browser?.close()
    await small?.close()
  })

  const rowOf = ({ page }: WatchedPage, i: number) => page.locator(`tr[data-agent="${agentOf(i)}"]`)
  const open = async (server: MapServer, query = ''): Promise<WatchedPage> => {
    const watched = await browser.open()
    await watched.page.goto(server.url + query)
    await rowOf(watched, 1).waitFor()
    return watched
  }
  const text = async ({ page }: WatchedPage, selector: string): Promise<string> =>
    (await page.locator(selector).allInnerTexts()).join(' ').replaceAll(/\s+/g, ' ').trim()
  const until = async (what: string, is: () => Promise<boolean>): Promise<void> => {
    for (let tries = 0; tries < 300; tries++) {
      if (await is()) return
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    assert.fail(`never came: ${what}`)
  }

  /** The middle of the ring around the selected object, once the view has come to rest. */
  const restingPlace = async ({ page }: WatchedPage): Promise<[number, number]> => {
    let seen = ''
    let place: [number, number] = [0, 0]
    await until('the ring at rest', async () => {
      const ring = await page.locator('#reticle').boundingBox()
      const before = seen
      seen = JSON.stringify(ring)
      if (ring !== null) place = [ring.x + ring.width / 2, ring.y + ring.height / 2]
      return ring !== null && seen === before
    })
    return place
  }

  /** Processor time of the page's own thread, which the load of the machine does not change. */
  const costOf = async ({ page }: WatchedPage): Promise<string> => {
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
    const scriptS = async () => {
      const { metrics } = await devtools.send('Performance.getMetrics')
      return metrics.find(metric => metric.name === 'ScriptDuration')?.value ?? 0
    }
    const before = await scriptS()
    await page.waitForTimeout(3000)
    const msPerS = ((await scriptS()) - before) * (1000 / 3)
    const fps = Number(await page.evaluate('document.documentElement.dataset.fps'))
    return `script ${msPerS.toFixed(1)} ms of processor time a second, ${(msPerS / fps).toFixed(2)} ms a frame at ${fps} frames/s`
  }

  describe('of eight drones and a relay', () => {
    let map: WatchedPage
    before(async () => {
      map = await open(small)
    })
    beforeEach(async () => {
      await map.page.locator('#canvas').focus()
      await map.page.keyboard.press('Escape')
    })

    it('draws the swarm', async () => {
      const { share, colors } = (await map.page.evaluate(READ_PIXELS)) as { share: number; colors: number }
      assert.ok(share > 0.01 && share < 0.6, `${(100 * share).toFixed(1)} % of the pixels drawn`)
      assert.ok(colors > 100, `${colors} colours`)
    })

    it('says whose belief it is, and how that node is', async () => {
      assert.match(await text(map, '#inspector'), /^drone-1 the node this map is seen through Role drone/)
      assert.match(await text(map, '#pills'), /live.*world model \d+ ms.*peers 8\/8.*clock.*log \d+/)
      await until('the swarm', async () => (await text(map, '.brand')) === 'Skein zurich-test')
    })

    it('lists everyone, the lost one as lost', async () => {
      assert.equal(await text(map, '#count'), '9')
      assert.match((await rowOf(map, 6).getAttribute('class')) ?? '', /lost/)
      assert.equal(await map.page.locator('.label.lost').count(), 1)
    })

    it('sorts by any column, upwards and downwards', async () => {
      const names = () => map.page.locator('tr[data-agent]:not([hidden]) td.name').allInnerTexts()
      const header = map.page.locator('th button', { hasText: 'Batt' })
      await header.click()
      assert.equal((await names()).at(-1), 'relay-1', 'a battery nobody knows of comes last')
      const upwards = await names()
      await header.click()
      assert.deepEqual(await names(), upwards.toReversed())
      await map.page.locator('th button', { hasText: 'Name' }).click()
    })

    it('selects in the table and shows all about it', async () => {
      await rowOf(map, 2).click()
      assert.equal(await rowOf(map, 2).getAttribute('aria-selected'), 'true')
      const facts = await text(map, '#inspector')
      assert.match(facts, /^drone-2 drone · airborne Believed as a point, fresh/)
      assert.ok(facts.includes(agentOf(2)))
      assert.equal(await map.page.locator('#reticle').isVisible(), true)
    })

    it('picks a drone by a click into the scene, and lets go by one beside it', async () => {
      // Held still, so that the drone is where it was when the click comes.
      await map.page.keyboard.press(' ')
      await rowOf(map, 7).click()
      await map.page.locator('#canvas').focus()
      await map.page.keyboard.press('f')
      const [x, y] = await restingPlace(map)
      await rowOf(map, 7).click()
      assert.equal(await rowOf(map, 7).getAttribute('aria-selected'), 'false')
      await map.page.mouse.click(x, y)
      assert.equal(await rowOf(map, 7).getAttribute('aria-selected'), 'true')
      assert.match(await text(map, '#inspector'), /^drone-7/)
      await map.page.mouse.click(x + 60, y + 45)
      assert.equal(await rowOf(map, 7).getAttribute('aria-selected'), 'false')
      await map.page.locator('#canvas').focus()
      await map.page.keyboard.press(' ')
      await until('live again', async () => (await text(map, '#pills')).startsWith('live'))
    })

    it('keeps the drone it follows in the middle, also while it zooms', async () => {
      await rowOf(map, 2).click()
      await map.page.locator('#canvas').focus()
      for (const key of ['f', '+', '+']) await map.page.keyboard.press(key)
      const scene = await map.page.locator('#canvas').boundingBox()
      assert.ok(scene !== null)
      await until('the ring in the middle', async () => {
        const ring = await map.page.locator('#reticle').boundingBox()
        if (ring === null) return false
        const x = ring.x + ring.width / 2 - (scene.x + scene.width / 2)
        const y = ring.y + ring.height / 2 - (scene.y + scene.height / 2)
        return Math.hypot(x, y) < 12
      })
      await map.page.keyboard.press('f')
      await map.page.keyboard.press('a')
    })

    it('goes by the keyboard alone', async () => {
      for (const key of ['j', 'j', 'f', 't', 'q', '+', 'ArrowLeft', 'v', 'o', 'l', 'a'])
        await map.page.keyboard.press(key)
      assert.match(await text(map, '#inspector'), /^drone-2/)
      assert.equal(
        await map.page.locator('#layers button', { hasText: 'links' }).getAttribute('aria-pressed'),
        'false',
      )
      assert.match(await text(map, '#layers'), /heights ×2/)
      await map.page.keyboard.press('l')
      await map.page.keyboard.press('?')
      assert.match(await text(map, '#help'), /see through the selected node/)
      await map.page.keyboard.press('Escape')
      assert.equal(await map.page.locator('#help').isVisible(), false)
    })

    it('shows the log as it grows', async () => {
      await until('events', async () => (await map.page.locator('#latest li').count()) > 20)
      assert.match(await text(map, '#timeline-note'), /^\d+ in the last 5 min$/)
      assert.match(await text(map, '#latest li:first-child'), /^\d\d:\d\d:\d\d (peer|vehicle|node)\.\S+ /)
    })

    it('is seen through another node on demand', async () => {
      await map.page.locator('#as').selectOption(agentOf(5))
      await until('the other belief', async () => (await text(map, '#inspector')).startsWith('drone-5'))
      assert.ok(map.page.url().endsWith(`?as=${agentOf(5)}`), 'the address can be passed on')
      assert.ok(small.asked.includes(`/api/v1/map/stream?hz=5&as=${agentOf(5)}`))
      await until('eight known', async () => (await text(map, '#count')) === '8')
      assert.match((await rowOf(map, 3).getAttribute('class')) ?? '', /lost/)
      await map.page.locator('#as').selectOption('')
      await until('the first belief', async () => (await text(map, '#inspector')).startsWith('drone-1'))
    })

    it('shows where two nodes believe different things', async () => {
      await map.page.locator('#versus').selectOption(agentOf(5))
      await until('the difference', async () => (await text(map, '#divergence')).includes('differ'))
      assert.match(
        await text(map, '#divergence'),
        /^drone-1 and drone-5 differ on 4 of 9, at most \d+ m apart, 1 only to drone-1\.$/,
      )
      const row = async (i: number) => (await rowOf(map, i).allInnerTexts()).join(' ').replaceAll(/\s+/g, ' ')
      await until('the table', async () => (await row(4)).includes('only here'))
      assert.match(await row(2), /drone-2 4[789] m .* \+[34]\.\d s/)
      await rowOf(map, 2).click()
      assert.match(await text(map, '#inspector'), /Apart from drone-5 4[789] m/)
      await map.page.locator('#versus').selectOption('')
      await until('one belief', async () => !(await map.page.locator('#divergence').isVisible()))
    })

    it('asked no other host, and had nothing to complain of', () => {
      assert.deepEqual(
        map.requests.filter(url => !url.startsWith(small.url)),
        [],
      )
      assert.deepEqual(map.complaints, [])
    })

    it('runs no script that is not its own', async () => {
      const ran = await map.page.evaluate(`(() => {
        const script = document.createElement('script')
        script.textContent = 'window.foreign = true'
        document.head.append(script)
        return window.foreign === true
      })()`)
      assert.equal(ran, false)
    })
  })

  it('says that the node is gone, and goes on when it is back', async () => {
    const map = await open(small)
    await map.page.context().setOffline(true)
    small.dropConnections()
    await until('no feed', async () => (await text(map, '#pills')).startsWith('no feed'))
    await map.page.context().setOffline(false)
    await until('live again', async () => (await text(map, '#pills')).startsWith('live'))
    await map.page.close()
  })

  it('carries a thousand objects', async () => {
    const big = await startMapServer({ drones: 1000 })
    try {
      const map = await open(big)
      assert.equal(await text(map, '#count'), '1001')
      assert.ok(
        (await map.page.locator('tr[data-agent]').count()) < 60,
        'only the rows in view are in the document',
      )
      const { share } = (await map.page.evaluate(READ_PIXELS)) as { share: number }
      assert.ok(share > 0.02)
      await map.page.locator('#filter').fill('drone-777')
      await rowOf(map, 777).click()
      assert.match(await text(map, '#inspector'), /^drone-777 drone · airborne/)
      console.log(`      ${await costOf(map)}`)
      assert.deepEqual(map.complaints, [])
      await map.page.close()
    } finally {
      await big.close()
    }
  })
})
