import { Color, ColorManagement } from 'three'

// Colours go to the screen as they are written here and in style.css.
ColorManagement.enabled = false

const color = (hex: number): Color => new Color(hex)

/** The colours of the scene; the same as the variables of style.css. */
export const PALETTE = {
  ground: color(0x0a0f14),
  grid: color(0x5b7a93),
  self: color(0x6fe3c1),
  drone: color(0x8cbcff),
  lost: color(0xb39bff),
  fixed: color(0xd9e2ea),
  fair: color(0xf2b75c),
  bad: color(0xff7070),
  other: color(0xff86c8),
  cell: color(0x3f6480),
  cellOwn: color(0x6fe3c1),
  linkMesh: color(0x54c7a5),
  linkDirect: color(0x5b7f9c),
  linkRelayed: color(0xb39bff),
  water: color(0x10283b),
  shore: color(0x2f5f82),
  road: color(0x33414d),
  green: color(0x12241f),
  greenEdge: color(0x23463a),
} as const
