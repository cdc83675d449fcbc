/** Loaded before a program that must not outlive whoever started it, however that ends: the channel to it closes then. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
// By itself it is no reason to stay.
process.channel?.unref()
