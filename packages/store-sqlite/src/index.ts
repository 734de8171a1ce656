export { StoreFileError } from './file-error.ts';
export { type OrgDesk, openOrgDesk } from './org-desk.ts';
export { openStore, type SqliteStore, type StoreOptions } from './store.ts';
