/**
 * Preloaded into a measured server: answers each message from its parent with what the process has used. Memory is told
 * after a full collection; CPU time is not, since code that was collected would have to be compiled again.
 */
process.on('message', (asked) => {
  if (asked === 'memory') {
    globalThis.gc?.();
    process.send?.(process.memoryUsage.rss());
  } else {
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
  }
});
process.channel?.unref();
