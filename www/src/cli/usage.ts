/** Arguments of the commands: read, explained, and refused in words. */
import { parseArgs } from 'node:util'

/** A command line that cannot be meant: exit code 2. */
export class WrongUsage extends Error {}

/** An option of a command. */
export interface Option {
  type: 'string' | 'boolean'
  /** What the help calls its value. */
  value?: string
  help: string
  multiple?: boolean
}

/** What a command takes: one positional argument and options. */
export interface Usage {
  command: string
  about: string
  positional: string
  options: Record<string, Option>
}

/** The argument and the options of a command; prints its help and gives nothing when asked for that. */
export function read(usage: Usage, args: string[]): { argument: string; options: Options } | undefined {
  const options = Object.entries<Option>({ ...usage.options, help: { type: 'boolean', help: 'Show this' } })
  const config = Object.fromEntries(
    options.map(([name, { type, multiple = false }]) => [
      name,
      { type, multiple, ...(name === 'help' && { short: 'h' }) },
    ]),
  ) as Record<string, { type: 'string' | 'boolean'; multiple: boolean }>
  let parsed
  try {
    parsed = parseArgs({ args, options: config, allowPositionals: true })
  } catch (error) {
    throw new WrongUsage(`${(error as Error).message}: npx inkling-search ${usage.command} --help explains`)
  }
  if (parsed.values.help) {
    process.stdout.write(help(usage, options))
    return undefined
  }
  const [argument, ...more] = parsed.positionals
  if (argument === undefined || more.length > 0) {
    const what =
      argument === undefined
        ? `${usage.positional} is missing`
        : `one ${usage.positional} is taken, not also ${more.join(' ')}`
    throw new WrongUsage(`${what}: npx inkling-search ${usage.command} --help explains`)
  }
  return { argument, options: new Options(parsed.values) }
}

function help(usage: Usage, options: [string, Option][]): string {
  const left = ([name, { value }]: [string, Option]) => `--${name}${value ? ` ${value}` : ''}`
  const width = Math.max(...options.map((option) => left(option).length))
  const lines = options.map((option) => `  ${left(option).padEnd(width)}  ${option[1].help}\n`)
  return `${usage.about}\n\nusage: npx inkling-search ${usage.command} ${usage.positional} [OPTIONS]\n\n${lines.join('')}`
}

/** The options that were given. */
export class Options {
  readonly #values: Record<string, unknown>

  constructor(values: Record<string, unknown>) {
    this.#values = values
  }

  text(name: string): string | undefined {
    return this.#values[name] as string | undefined
  }

  texts(name: string): string[] {
    return (this.#values[name] as string[] | undefined) ?? []
  }

  flag(name: string): boolean {
    return this.#values[name] === true
  }

  /** A whole number of at least `least`. */
  number(name: string, least: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const number = Number(text)
    if (!Number.isSafeInteger(number) || number < least)
      throw new WrongUsage(`--${name} is ${text}: give a whole number from ${least}`)
    return number
  }
}
