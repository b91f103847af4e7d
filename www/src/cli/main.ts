#!/usr/bin/env node
/**
 * `npx inkling-search`: the command line.
 *
 * The native one does the work where its package for this machine is installed, or where it is on the PATH. Elsewhere the same code
 * does so in WebAssembly, on one core. Results go to stdout, progress and notes to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage.
 */
import { readFile } from 'node:fs/promises'
import { host } from './host.js'
import { findNative, platform, runNative, VERSION, variables } from './native.js'
import { withModel } from './remote.js'

/** Commands that only the native command line has, and why. */
const NATIVE_ONLY: Record<string, string> = {
  eval: 'it asks thousands of questions',
  export: 'it writes for engines of servers',
  encode: 'it encodes whole files',
}

/** The module, as far as it is used here. */
interface Glue {
  initSync(options: { module: WebAssembly.Module }): unknown
  run(args: string[], host: object): number
}

async function runWasm(args: string[]): Promise<number> {
  const file = (name: string) => new URL(`./wasm/inkling-node-simd128.${name}`, import.meta.url)
  const glue = (await import(file('js').href)) as Glue
  glue.initSync({ module: await WebAssembly.compile(await readFile(file('wasm'))) })
  return glue.run(args, host(variables()))
}

async function main(): Promise<number> {
  const given = process.argv.slice(2).filter((arg) => arg !== '--wasm')
  const keepToWasm = given.length < process.argv.length - 2
  const [command = '--help'] = given
  const native = keepToWasm ? undefined : findNative()
  if (!native && Object.hasOwn(NATIVE_ONLY, command)) {
    const cure = `npm install inkling-search brings it for the usual platforms, \`cargo install --path . --features cli\` in a checkout for others`
    process.stderr.write(
      `inkling: only the native command line has \`${command}\` (${NATIVE_ONLY[command]}): ${cure}\n`,
    )
    return 2
  }
  if (!native && ['--version', '-V'].includes(command)) {
    process.stdout.write(`inkling ${VERSION} (WebAssembly)\n`)
    return 0
  }
  if (!native && !keepToWasm && !command.startsWith('-'))
    process.stderr.write(`no native command line for ${platform()} is installed: working by WebAssembly, on one core\n`)
  const args = await withModel(given)
  return native ? runNative(native, args) : runWasm(args)
}

// Whoever reads our output has seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

try {
  process.exitCode = await main()
} catch (error) {
  const { message, code = 'internal' } = error as { message: string; code?: string }
  process.stderr.write(`inkling: ${message} [${code}]\n`)
  process.exitCode = 1
}
