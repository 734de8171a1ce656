/** Checks that this Node.js can run Turnlog, then hands over to it. Plain JavaScript, so that an old one can say so. */
import * as module from 'node:module';
import { setFlagsFromString } from 'node:v8';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Turnlog needs Node.js 22.18 or newer, and this is ${process.versions.node}: install a newer one from https://nodejs.org.\n`,
  );
  process.exit(1);
}
// Two threads strip types with WebAssembly; V8 may abort when it frees a wrapper that one of them has just optimised
// (nodejs/node#64500), so none is: it is called a few hundred times, at start.
setFlagsFromString('--wasm-wrapper-tiering-budget=2000000000');
module.enableCompileCache();
await import('../src/main.ts');
