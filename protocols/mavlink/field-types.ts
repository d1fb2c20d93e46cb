/** Scalar types of MAVLink payload fields. */
export type WireType = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'u64' | 'i64' | 'f32' | 'char'

interface FieldOptions {
  /** Elements of an array; for `char`, the bytes of the text. */
  readonly count?: number
  /** Wire units in one of ours: cm/s to m/s is 100. */
  readonly per?: number
  /** The wire value that means "not known"; it is decoded as null. */
  readonly unknown?: number
  /** MAVLink 2 extension: absent from MAVLink 1 frames and from the checksum seed. */
  readonly ext?: true
}

/** Name in the MAVLink definitions, wire type, and how the wire value becomes ours. */
export type FieldSpec = readonly [wireName: string, type: WireType, options?: FieldOptions]

export interface MessageSpec {
  readonly id: number
  /** Seed of the checksum; it fingerprints the layout, so that two dialects that disagree don't misread. */
  readonly crcExtra: number
  /** Keyed by our name, in the order of the wire. */
  readonly fields: Readonly<Record<string, FieldSpec>>
}

/** Bytes of one element. */
export const WIRE_SIZE: Readonly<Record<WireType, number>> = {
  u8: 1,
  i8: 1,
  char: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  u64: 8,
  i64: 8,
}

type OptionsOf<F> = F extends readonly [string, string, infer O] ? O : object
type TypeOf<F> = F extends readonly [string, infer T, ...unknown[]] ? T : never
type Nullable<F, V> = OptionsOf<F> extends { readonly unknown: number } ? V | null : V

/** What a field is decoded to: text, bytes, a list, a bigint for 64-bit integers, else a number. */
type FieldValue<F> =
  TypeOf<F> extends 'char'
    ? string
    : OptionsOf<F> extends { readonly count: number }
      ? TypeOf<F> extends 'u8'
        ? Uint8Array
        : readonly Nullable<F, number>[]
      : TypeOf<F> extends 'u64' | 'i64'
        ? bigint
        : Nullable<F, number>

/** All fields of a message, as decoded. */
export type FieldsOf<S extends MessageSpec> = {
  readonly [K in keyof S['fields']]: FieldValue<S['fields'][K]>
}

type ExtensionKeys<S extends MessageSpec> = {
  [K in keyof S['fields']]: OptionsOf<S['fields'][K]> extends { readonly ext: true } ? K : never
}[keyof S['fields']]

/** Fields as given for encoding: extensions may be left out. */
export type InputOf<S extends MessageSpec> = Omit<FieldsOf<S>, ExtensionKeys<S>> &
  Partial<Pick<FieldsOf<S>, ExtensionKeys<S>>>
