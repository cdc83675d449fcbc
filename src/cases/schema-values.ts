import { z } from 'zod'
import { HEADER_NAME, headerValue } from '../config/schema-values.ts'
import { canonicalAddress } from '../core/address.ts'

export const MAX_NAME = 200
export const MAX_TEXT = 1024 * 1024
/** token of RFC 9110 5.6.2. */
const MAX_VALUES = 20

/** For a rule about a whole mapping: what is wrong within it goes first. */
export function whenSound(message: string) {
  return {
    error: message,
    when: ({ issues }: { readonly issues: readonly unknown[] }) => issues.length === 0,
  }
}

/** The name of a header field, in any case. */
export function fieldName() {
  return z.string().regex(HEADER_NAME, 'is not a header name')
}

/** Fields of a message: a value, or a list of values for a field that comes more than once. */
export function sentFields() {
  const value = z.union([headerValue(), z.number().transform(String)], {
    error: 'write a text, or a list of texts for a field that comes more than once',
  })
  return z.record(fieldName(), z.union([value, z.array(value).min(1).max(MAX_VALUES)]))
}

export function address() {
  return z
    .string()
    .refine((text) => canonicalAddress(text) !== null, 'write an address such as 192.0.2.1 or 2001:db8::1')
    .transform((text) => canonicalAddress(text) ?? text)
}

/** A moment, read as epoch milliseconds. */
export function moment() {
  return z
    .union([z.iso.datetime({ offset: true }), z.iso.date()], {
      error: 'write a time such as 2027-01-31T23:59:59Z or a date such as 2027-01-31',
    })
    .transform((text) => Date.parse(text))
}
