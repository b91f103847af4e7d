#!/usr/bin/env node
/**
 * `npx inkling-search`: the command line.
 *
 * The native one does the work where its package for this machine is installed, or where it is on the PATH. Elsewhere this does by
 * WebAssembly what it can. Results go to stdout, progress and notes to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage.
 */
import { indexCommand } from './index.js'
import { inspectCommand } from './inspect.js'
import { findNative, platform, runNative, VERSION } from './native.js'
import { searchCommand } from './search.js'
import { WrongUsage } from './usage.js'

const HELP = `Semantic search that runs in the visitor's browser

Two steps make a site searchable by meaning:

  npx inkling-search index sessions.json --model model --out search
  npx inkling-search search "Health Analytics?" --index search

The folder \`search\` is what the site serves.

Commands (each with --help):
  index CORPUS    build that folder from JSON, JSON Lines, CSV, a conference's schedule XML or a calendar
  search QUERY    ask an index a question, as a visitor's browser would
  inspect PATH    say what an index or a model holds, and whether its files are whole

A model is a folder with config.json, tokenizer.json and weights.safetensors. Take it from
  - a package: npm install inkling-model-all-minilm-l6-v2
  - another index: --model search/model, or --model https://example.org/search/model/

Where the native command line of this version is installed, it does the work: it uses all cores, and has more commands (site, model,
add, remove, bundle, eval, export, encode). npm installs it as an optional dependency. --wasm keeps to WebAssembly, on one core.

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
  site: '',
  model: 'or do without: --model takes the folder model/ of any index, and its address on a site',
  add: 'or build the whole index again: npx inkling-search index',
  remove: 'or build the whole index again: npx inkling-search index',
  bundle: '',
  eval: '',
  export: '',
  encode: '',
}

async function main(): Promise<number> {
  const args = process.argv.slice(2).filter((arg) => arg !== '--wasm')
  const keepToWasm = args.length < process.argv.length - 2
  const [command = '--help', ...rest] = args
  if (!keepToWasm) {
    const native = findNative()
    if (native) return runNative(native, args)
    if (!command.startsWith('-'))
      process.stderr.write(`no native command line for ${platform()} is installed: working by WebAssembly, on one core\n`)
  }
  if (command === '--version' || command === '-V') process.stdout.write(`inkling ${VERSION} (WebAssembly)\n`)
  else if (command === '--help' || command === '-h' || command === 'help') process.stdout.write(HELP)
  else if (COMMANDS[command]) await COMMANDS[command](rest)
  else if (Object.hasOwn(NATIVE_ONLY, command)) {
    const instead = NATIVE_ONLY[command] && `, ${NATIVE_ONLY[command]}`
    throw new WrongUsage(
      `only the native command line has \`${command}\`: put version ${VERSION} of it on the PATH (cargo install --path . --features cli in a checkout)${instead}`,
    )
  } else throw new WrongUsage(`there is no command \`${command}\`: npx inkling-search --help lists them`)
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
