import { describeStore } from '@turnlog/store-conformance';
import { harness } from './harness.ts';

describeStore('SQLite', harness);
