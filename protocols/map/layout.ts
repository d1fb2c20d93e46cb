/**
 * The bytes of one map frame, version 1. Little-endian; a stream is frames one after the other.
 *
 *     0  u32  length of the body that follows
 *
 *   body: header, 62 bytes
 *     0  u8×2 "SM"
 *     2  u8   version = 1
 *     3  u8   role of the observer, index into MAP_KINDS
 *     4  f64  atMs
 *    12  i32  origin latE7
 *    16  i32  origin lonE7
 *    20  i32  origin altMm
 *    24  u32  worldModelAgeMs, 0xffffffff = null
 *    28  u16  peersConnected
 *    30  u16  peersKnown
 *    32  f64  logSeq
 *    40  u8   bit 0 clockTrusted, bit 1 logWhole
 *    41  u8   0
 *    42  i32  clockOffsetMs, -2^31 = null
 *    46  u32  clockBoundMs
 *    50  u16  number of strings
 *    52  u16  number of cells
 *    54  u16  number of objects
 *    56  u16  number of links
 *    58  u16  agent of the observer, a string
 *    60  u16  name of the observer, a string
 *
 *   strings (agents, names, cells; named by their place, each once): u8 length, then UTF-8
 *
 *   cells, 4 bytes + 8 per corner
 *     0  u16  cell, a string
 *     2  u8   index into MAP_CELL_ROLES
 *     3  u8   number of corners; then i32 latE7, i32 lonE7 for each
 *
 *   objects, 48 bytes each
 *     0  u16  agent, a string
 *     2  u16  name, a string
 *     4  u16  cell, a string
 *     6  u8   index into MAP_KINDS, plus 16 × index into MAP_BELIEFS
 *     7  u8   index into POSITION_STATUSES
 *     8  i32  latE7
 *    12  i32  lonE7
 *    16  i32  altMm
 *    20  i16  heightDm, -32768 = null
 *    22  i16  vnCms
 *    24  i16  veCms
 *    26  i16  vdCms
 *    28  u16  headingCdeg, 0xffff = null
 *    30  u8   batteryPct, 0xff = null
 *    31  u8   0
 *    32  u32  ageMs
 *    36  u16  uncertaintyHDm
 *    38  u16  uncertaintyVDm
 *    40  u32  boot
 *    44  u32  seq
 *
 *   links, 8 bytes each
 *     0  u16  a, place of an object
 *     2  u16  b, place of an object
 *     4  u8   bit 0 relayed, bit 1 mesh
 *     5  u8   0
 *     6  u16  round trip in tenths of a millisecond, 0xffff = null
 *
 * What follows the links is ignored: a newer node may add there, and a page of an older one still shows it.
 * Anything else that changes gets a new version, which older readers refuse.
 */
export const MAGIC = 0x4d53
export const VERSION = 1
export const PREFIX_BYTES = 4
export const HEADER_BYTES = 62
export const CELL_BYTES = 4
export const CORNER_BYTES = 8
export const OBJECT_BYTES = 48
export const LINK_BYTES = 8

/** A body longer than this is refused unread. */
export const BODY_BYTES_MAX = 2 ** 21

/** What a frame carries at most; the encoder drops what is beyond, so callers put what matters first. */
export const OBJECTS_MAX = 4096
export const LINKS_MAX = 8192
export const CELLS_MAX = 512
export const CORNERS_MAX = 10
export const STRING_BYTES_MAX = 80

export const NULL_I16 = -32768
export const NULL_I32 = -(2 ** 31)
export const NULL_U8 = 0xff
export const NULL_U16 = 0xffff
export const NULL_U32 = 0xffffffff
