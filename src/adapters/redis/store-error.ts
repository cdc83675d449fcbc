/** Why the shared store could not be asked. A closed list, for metrics and logs. */
export type StoreTrouble = 'unreachable' | 'timeout' | 'busy' | 'refused' | 'reply'

/**
 * The shared store did not do what it was asked. The message is made of our own words and an error code of Redis, never
 * of an address with a password or of what a server wrote.
 */
export class StoreError extends Error {
  readonly trouble: StoreTrouble

  constructor(trouble: StoreTrouble, message: string) {
    super(message)
    this.name = 'StoreError'
    this.trouble = trouble
  }
}
