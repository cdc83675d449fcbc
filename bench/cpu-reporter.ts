/** Loaded with `--import` into a contender where there is no /proc: answers what it has used so far. */
process.on('message', (question) => {
  if (question !== 'usage') return
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMicros: user + system, rssBytes: process.memoryUsage.rss() })
})
process.channel?.unref()
