import { z } from 'zod'

export const agentId = z.string().describe('Peer id of an agent (12D3Koo…)')
export const cellId = z.string().describe('H3 cell index, e.g. 881f8d4b07fffff')
export const latDeg = z.number().min(-90).max(90).describe('Latitude, degrees, WGS84')
export const lngDeg = z.number().min(-180).max(180).describe('Longitude, degrees, WGS84')
export const batteryPct = z.number().min(0).max(100).describe('State of charge, percent')
export const count = z.int().min(0)
/** Milliseconds that have passed. */
export const ageMs = z.number().min(0)
