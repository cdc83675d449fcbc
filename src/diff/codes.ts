import { KEY_CODES, LIMIT_CODES } from './codes-named.ts'
import { ROUTE_CODES } from './codes-route.ts'
import { SETTING_CODES } from './codes-setting.ts'

/** Every kind of change: what it does, and what it means. */
export const CHANGE_CODES = Object.freeze({
  ...ROUTE_CODES,
  ...LIMIT_CODES,
  ...KEY_CODES,
  ...SETTING_CODES,
})

export type Code = keyof typeof CHANGE_CODES
