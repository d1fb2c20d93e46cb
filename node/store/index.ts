export type { Store } from './interface.ts'
export { openStore } from './store.ts'
export { StoreError } from './store-error.ts'
