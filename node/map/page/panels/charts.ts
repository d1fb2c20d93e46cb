import uPlot from 'uplot'
import { byId, make, setText } from '../dom.ts'
import type { EventLog } from '../event-log.ts'
import { duration } from '../format.ts'
import type { State } from '../state.ts'

/** A point a second, for five minutes. */
const POINTS = 300
const HEIGHT_MIN_PX = 60

interface Chart {
  readonly title: string
  readonly color: string
  readonly show: (value: number) => string
  /** The value now; null leaves a gap. */
  readonly sample: () => number | null
}

/** What changes slowly, over the last five minutes. */
export class Charts {
  readonly #root = byId('charts')
  readonly #times: number[] = []
  readonly #plots: Plot[]

  constructor(state: State, log: EventLog) {
    this.#plots = chartsOf(state, log).map(chart => new Plot(chart))
    this.#root.append(...this.#plots.map(plot => plot.root))
    state.on('sources', () => {
      this.#times.length = 0
      for (const plot of this.#plots) plot.values.length = 0
    })
    setInterval(() => {
      if (!state.paused) this.#sample()
    }, 1000)
  }

  #sample(): void {
    keep(this.#times, Date.now() / 1000)
    for (const plot of this.#plots) plot.sample(this.#times)
  }
}

class Plot {
  readonly root: HTMLElement
  readonly values: (number | null)[] = []
  readonly #chart: Chart
  readonly #value = make('b', 'chart-value')
  readonly #plot: uPlot

  constructor(chart: Chart) {
    this.#chart = chart
    const area = make('div', 'plot')
    this.root = make(
      'figure',
      'chart',
      make('figcaption', '', make('span', 'chart-title', chart.title), this.#value),
      area,
    )
    this.#plot = new uPlot(optionsOf(chart), [[], []], area)
    new ResizeObserver(() => {
      const size = { width: area.clientWidth, height: Math.max(HEIGHT_MIN_PX, area.clientHeight) }
      if (size.width > 0) this.#plot.setSize(size)
    }).observe(area)
  }

  sample(times: readonly number[]): void {
    const value = this.#chart.sample()
    keep(this.values, value)
    setText(this.#value, value === null ? '–' : this.#chart.show(value))
    this.#plot.setData([[...times], [...this.values]])
  }
}

function keep<T>(list: T[], value: T): void {
  list.push(value)
  if (list.length > POINTS) list.shift()
}

function chartsOf(state: State, log: EventLog): Chart[] {
  const count = (value: number) => String(Math.round(value))
  return [
    {
      title: 'World model age',
      color: '#6fe3c1',
      show: duration,
      sample: () => state.belief?.frame.health.worldModelAgeMs ?? null,
    },
    {
      title: 'Peers',
      color: '#8cbcff',
      show: count,
      sample: () => state.belief?.frame.health.peersConnected ?? null,
    },
    { title: 'Objects', color: '#b39bff', show: count, sample: () => state.belief?.placed.length ?? null },
    {
      title: 'Events / s',
      color: '#f2b75c',
      show: value => value.toFixed(1),
      sample: () => eventRate(log),
    },
  ]
}

/** Events a second over the last five. */
function eventRate(log: EventLog): number {
  const since = Date.now() - 5000
  let count = 0
  for (let i = log.events.length - 1; i >= 0 && (log.events[i]?.atMs ?? 0) > since; i--) count++
  return count / 5
}

function optionsOf(chart: Chart): uPlot.Options {
  const axis = {
    stroke: '#6d7d8a',
    grid: { stroke: '#16202a', width: 1 },
    ticks: { show: false },
    font: '10px system-ui, sans-serif',
  }
  return {
    width: 150,
    height: HEIGHT_MIN_PX,
    padding: [6, 4, 6, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: true }, y: { range: (_, min, max) => [Math.min(0, min ?? 0), nice(max ?? 1)] } },
    axes: [
      { ...axis, show: false },
      {
        ...axis,
        size: 34,
        gap: 3,
        splits: (_u, _i, min, max) => [min, (min + max) / 2, max],
        values: (_, ticks) => ticks.map(short),
      },
    ],
    series: [{}, { stroke: chart.color, width: 1.5, fill: `${chart.color}1c`, points: { show: false } }],
  }
}

/** The end of an axis: above the largest value, 1, 2, 4 or 8 times a power of ten. */
function nice(max: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, max)))
  return ([1, 2, 4, 8, 10].find(lead => lead * power > max * 1.05) ?? 20) * power
}

const short = (value: number): string =>
  value >= 1000 ? `${+(value / 1000).toFixed(1)}k` : `${+value.toFixed(1)}`
