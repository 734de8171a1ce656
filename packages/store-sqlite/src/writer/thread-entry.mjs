/** Where the writer's thread begins: plain JavaScript, so that a warm compile cache spares the thread the type stripper. */
import { enableCompileCache } from 'node:module';

enableCompileCache();
await import('./thread-main.ts');
