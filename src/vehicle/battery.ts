/** What a multirotor draws from its battery, and what the battery holds. */
export interface BatterySpec {
  readonly capacityWh: number
  /** Power in still air, hovering. */
  readonly hoverW: number
  /** Extra power for drag: this times the cube of the airspeed in m/s. */
  readonly dragWPerMps3: number
  /** Extra power per m/s of climb: weight in newtons. Descending gives nothing back. */
  readonly climbWPerMps: number
  readonly chargeW: number
  /** At this share of the capacity the vehicle lands where it is. */
  readonly criticalPct: number
}

/** Electrical power in flight. */
export function flightPowerW(battery: BatterySpec, airspeedMps: number, climbMps: number): number {
  const { hoverW, dragWPerMps3, climbWPerMps } = battery
  return hoverW + dragWPerMps3 * airspeedMps ** 3 + climbWPerMps * Math.max(0, climbMps)
}

/** What is left after `powerW` was drawn for `dtS`; negative power charges. Never below empty or above full. */
export function drain(battery: BatterySpec, energyWh: number, powerW: number, dtS: number): number {
  return Math.min(Math.max(energyWh - (powerW * dtS) / 3600, 0), battery.capacityWh)
}
