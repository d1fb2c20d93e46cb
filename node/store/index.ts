export type { DiskState, IterateOptions, Store, StoreOptions, WriteOptions } from './interface.ts'
export { openStore } from './store.ts'
export { StoreError, type StoreErrorCode } from './store-error.ts'
