/** A results page's question in its address: `?q=…` and a parameter for each value that is filtered by. */
import type { Filters } from '../types.js'

/** What an address asks for. */
export interface Asked {
  text: string
  filters: Filters
}

/** A question may be a whole pasted document, an address must not: as much of it as goes there, in UTF-16 units. */
const TEXT_MAX = 500

/** Reads the question out of an address. `name` is the parameter of the text, `fields` those of filters. */
export function readAddress(address: string, name: string, fields: readonly string[]): Asked {
  const { searchParams } = new URL(address)
  const chosen = fields.map((field) => [field, [...new Set(searchParams.getAll(field).filter(Boolean))]] as const)
  return {
    text: searchParams.get(name) ?? '',
    filters: Object.fromEntries(chosen.filter(([, values]) => values.length > 0)),
  }
}

/** The address with another question in it; what else it holds stays. */
export function withAsked(address: string, name: string, fields: readonly string[], { text, filters }: Asked): string {
  const url = new URL(address)
  for (const key of [name, ...fields]) url.searchParams.delete(key)
  if (text.trim()) url.searchParams.set(name, text.trim().slice(0, TEXT_MAX))
  for (const field of fields) for (const value of filters[field] ?? []) url.searchParams.append(field, value)
  return url.href
}
