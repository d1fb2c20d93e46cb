import type { MapFrame } from '../../../protocols/map/frame.ts'
import { createClient } from '../../client/client.ts'
import { createCommands } from './commands.ts'
import { byId, setText } from './dom.ts'
import { followLog } from './event-log.ts'
import { openFeed } from './feed.ts'
import { listenForKeys } from './keys.ts'
import { Charts } from './panels/charts.ts'
import { openDivergenceSummary } from './panels/divergence-summary.ts'
import { openHelp } from './panels/help.ts'
import { Inspector } from './panels/inspector.ts'
import { Latest } from './panels/latest.ts'
import { openLayers } from './panels/layers.ts'
import { Profile } from './panels/profile.ts'
import { Table } from './panels/table.ts'
import { Timeline } from './panels/timeline.ts'
import { TopBar } from './panels/top-bar.ts'
import { Stage } from './scene/stage.ts'
import { createState, type State } from './state.ts'
import { takeToken } from './token.ts'

const FRAMES_HZ = 5
const STATUS_EVERY_MS = 5000

function start(): void {
  const query = new URLSearchParams(location.search)
  const token = takeToken()
  const client = createClient({ url: location.origin, ...(token !== null && { token }) })
  const state = createState(query.get('as'), query.get('versus'))

  const stage = new Stage(state)
  const commands = createCommands(stage)
  const topBar = new TopBar(state)
  const log = followLog(client)
  const timeline = new Timeline(log, state)
  const table = new Table(state)
  const help = openHelp()
  new Inspector(state)
  new Latest(log, state)
  new Charts(state, log)
  new Profile(state)
  openLayers(state, commands)
  openDivergenceSummary(state)
  listenForKeys({ state, stage, commands, table, timeline, help })

  followNodes(state, token, topBar, work => stage.times.measure(work))
  void drawBase(state, stage)
  const askStatus = () =>
    client.status().then(
      status => topBar.showStatus(status),
      () => {},
    )
  void askStatus()
  setInterval(askStatus, STATUS_EVERY_MS)
  publishFrameTimes(stage)
}

/** Keeps a stream open to the node looked through and to the one compared with, and the address in step. */
function followNodes(
  state: State,
  token: string | null,
  topBar: TopBar,
  measure: (work: () => void) => void,
): void {
  let closeA = () => {}
  let closeB = () => {}
  let shown: readonly (string | null | undefined)[] = []
  const open = (): void => {
    const { as, versus } = state
    if (shown[0] !== as) {
      closeA()
      closeA = openFeed({
        agent: as,
        hz: FRAMES_HZ,
        token,
        onFrame: frame => measure(() => state.take('a', frame)),
        onState: feed => topBar.showFeed(feed),
      })
    }
    if (shown[1] !== versus) {
      closeB()
      closeB = () => {}
      if (versus !== null) {
        const onFrame = (frame: MapFrame) => measure(() => state.take('b', frame))
        closeB = openFeed({ agent: versus, hz: FRAMES_HZ, token, onFrame, onState: () => {} })
      }
    }
    shown = [as, versus]
    const query = new URLSearchParams(
      [...Object.entries({ as, versus })].flatMap(([k, v]) => (v ? [[k, v]] : [])),
    )
    history.replaceState(null, '', query.size === 0 ? location.pathname : `?${query}`)
  }
  state.on('sources', open)
  open()
}

/** The user's own GeoJSON, if the node has one: asked for once the first frame says where we are. */
async function drawBase(state: State, stage: Stage): Promise<void> {
  const answer = await fetch('/map/base.geojson').catch(() => null)
  if (answer === null || answer.status !== 200) return
  const geojson: unknown = await answer.json().catch(() => null)
  if (state.projection !== null) stage.drawBase(geojson)
  else {
    let drawn = false
    state.on('belief', () => {
      if (drawn || state.projection === null) return
      drawn = true
      stage.drawBase(geojson)
    })
  }
}

/** What a frame costs, where a test or a curious user finds it: `<html data-script-p95-ms data-fps>`. */
function publishFrameTimes(stage: Stage): void {
  setInterval(() => {
    const { p50Ms, p95Ms, fps } = stage.times.summary()
    const { dataset } = document.documentElement
    dataset.scriptP50Ms = p50Ms.toFixed(2)
    dataset.scriptP95Ms = p95Ms.toFixed(2)
    dataset.fps = fps.toFixed(1)
  }, 1000)
}

try {
  start()
} catch (error) {
  const notice = byId('notice')
  notice.hidden = false
  setText(
    notice,
    `The map cannot be drawn here (${error instanceof Error ? error.message : String(error)}). It needs WebGL 2; the same facts are at /api/v1/neighbors.`,
  )
}
