import { randomFillSync } from 'node:crypto'

const ID_BYTES = 16
const POOL = Buffer.alloc(ID_BYTES * 512)
let used = POOL.length

/** 32 random hex digits; drawn from a pool, since one call to the generator per request would be felt. */
export function newRequestId(): string {
  if (used === POOL.length) {
    randomFillSync(POOL)
    used = 0
  }
  used += ID_BYTES
  return POOL.toString('hex', used - ID_BYTES, used)
}
