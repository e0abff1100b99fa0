// The UI's door to the host. Nothing else imports Tauri (eslint.config.js).
export * as host from './commands';
export { on } from './events';
export { HostError, toHostError } from './errors';
export { freshId, idOf, isDeleted, markOf, shownOf, textOf, updatedAt, updatedBy } from './record';
export type { Mark, RecordView } from './record';
export type * from './bindings';
