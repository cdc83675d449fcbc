import { MESSAGE_ROWS } from './changes-message.ts'
import { NAMED_ROWS } from './changes-named.ts'
import { ROUTE_ROWS } from './changes-route.ts'
import { SETTING_ROWS } from './changes-setting.ts'
import type { Row } from './row.ts'

export const ROWS: readonly Row[] = [...ROUTE_ROWS, ...MESSAGE_ROWS, ...NAMED_ROWS, ...SETTING_ROWS]
