/** The system's randomness, for the ids that a thread makes. */
import { randomBytes as systemRandomBytes } from 'node:crypto';
import { pooled } from '@turnlog/core/random';

export const randomBytes = pooled(systemRandomBytes);
