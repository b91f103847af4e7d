#!/usr/bin/env node
/**
 * `npx inkling`: the command line where the native one is not installed.
 *
 * It does by WebAssembly what the native command line does for building and asking an index, and hands over to that one
 * where it is on the PATH. Results go to stdout, progress and notes to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage.
 */
import { indexCommand } from './index.js'
import { inspectCommand } from './inspect.js'
import { findNative, runNative, VERSION } from './native.js'
import { searchCommand } from './search.js'
import { WrongUsage } from './usage.js'

const HELP = `Semantic search that runs in the visitor's browser

Two steps make a site searchable by meaning:

  npx inkling index sessions.json --model model --out search
  npx inkling search "Health Analytics?" --index search

The folder \`search\` is what the site serves.

Commands (each with --help):
  index CORPUS    build that folder from JSON, JSON Lines, CSV, a conference's schedule XML or a calendar
  search QUERY    ask an index a question, as a visitor's browser would
  inspect PATH    say what an index or a model holds, and whether its files are whole

A model is a folder with config.json, tokenizer.json and weights.safetensors. Take it from
  - another index: --model search/model, or --model https://example.org/search/model/
  - the native command line: inkling model pull --out model

Where the native command line \`inkling\` of this version is on the PATH, it does the work: it uses all cores, and has
more commands (model, add, remove, bundle, eval, export, encode): \`cargo install --path . --features cli\` in a checkout. --wasm keeps to WebAssembly, on one core.

  -h, --help       this text
  -V, --version    the version
`

const COMMANDS: Record<string, (args: string[]) => Promise<void>> = {
  index: indexCommand,
  search: searchCommand,
  inspect: inspectCommand,
}

/** Commands that only the native command line has, and what does instead. */
const NATIVE_ONLY: Record<string, string> = {
  model: 'or do without: --model takes the folder model/ of any index, and its address on a site',
  add: 'or build the whole index again: npx inkling index',
  remove: 'or build the whole index again: npx inkling index',
  bundle: '',
  eval: '',
  export: '',
  encode: '',
}

async function main(): Promise<number> {
  const args = process.argv.slice(2).filter((arg) => arg !== '--wasm')
  const keepToWasm = args.length < process.argv.length - 2
  const [command = '--help', ...rest] = args
  if (!keepToWasm && command !== '--help' && command !== '-h') {
    const native = findNative()
    if (native) return runNative(native, args)
  }
  if (command === '--version' || command === '-V') process.stdout.write(`inkling ${VERSION} (WebAssembly)\n`)
  else if (command === '--help' || command === '-h' || command === 'help') process.stdout.write(HELP)
  else if (COMMANDS[command]) await COMMANDS[command](rest)
  else if (Object.hasOwn(NATIVE_ONLY, command)) {
    const instead = NATIVE_ONLY[command] && `, ${NATIVE_ONLY[command]}`
    throw new WrongUsage(
      `only the native command line has \`${command}\`: put version ${VERSION} of it on the PATH (cargo install --path . --features cli in a checkout)${instead}`,
    )
  } else throw new WrongUsage(`there is no command \`${command}\`: npx inkling --help lists them`)
  return 0
}

// Whoever reads our output has seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

try {
  process.exitCode = await main()
} catch (error) {
  const { message, code = 'internal' } = error as { message: string; code?: string }
  process.stderr.write(error instanceof WrongUsage ? `inkling: ${message}\n` : `inkling: ${message} [${code}]\n`)
  process.exitCode = error instanceof WrongUsage ? 2 : 1
}
