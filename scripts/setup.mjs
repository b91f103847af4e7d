// Brings a machine to where the project can be built: checks what only a person can install, and installs the rest.

import fs from 'node:fs'
import path from 'node:path'
import { at, cacheFolder, capture, hashOf, run, say, Stop, which } from './lib.mjs'

const WASM_TARGET = 'wasm32-unknown-unknown'

/** Stops with one line for each thing that is missing. */
export function checkPrerequisites() {
  const missing = []
  if (Number(process.versions.node.split('.')[0]) < 20) missing.push(`Node.js 20 or later (this is ${process.versions.node})`)
  if (!which('cargo') || !which('rustup')) missing.push('Rust with rustup: see https://rustup.rs')
  if (!which('cc')) missing.push('a C compiler called cc: apt-get install build-essential')
  if (!which('python3')) missing.push('Python 3: apt-get install python3 python3-pip')
  else if (capture('python3', ['-m', 'pip', '--version']) === undefined) missing.push('pip for python3: apt-get install python3-pip')
  if (missing.length > 0) throw new Stop(missing.map((line) => `missing: ${line}`).join('\n'))
}

/** Installs the npm packages of the lock file, unless they are the installed ones. */
export async function installPackages() {
  const stamp = at('node_modules', '.inkling-lock')
  const lock = hashOf(['package-lock.json'])
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === lock) return
  say('installing npm packages')
  // None of the packages needs its install script: esbuild's only saves it some milliseconds.
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
  fs.writeFileSync(stamp, lock)
}

/** Adds the wasm target to the Rust toolchain, unless it is there. */
export async function installWasmTarget() {
  const folder = capture('rustc', ['--print', 'target-libdir', '--target', WASM_TARGET])
  if (folder && fs.existsSync(folder)) return
  say(`adding the Rust target ${WASM_TARGET}`)
  await run('rustup', ['target', 'add', WASM_TARGET])
}

/** Adds components such as clippy to the Rust toolchain, unless they are there. @param {string[]} names */
export async function installComponents(names) {
  const absent = names.filter((name) => capture('cargo', [name === 'rustfmt' ? 'fmt' : name, '--version']) === undefined)
  if (absent.length === 0) return
  say(`adding the Rust components ${absent.join(', ')}`)
  await run('rustup', ['component', 'add', ...absent])
}

/**
 * The folder with wasm-bindgen and its test runner, of the version that the crate is locked to: the two only understand
 * each other when they are equal. Kept in the user's cache, since building it takes minutes.
 * @returns {Promise<string>}
 */
export async function installWasmBindgen() {
  const lock = fs.readFileSync(at('Cargo.lock'), 'utf8')
  const version = /name = "wasm-bindgen"\r?\nversion = "([^"]+)"/.exec(lock)?.[1]
  if (!version) throw new Stop('Cargo.lock does not name a version of wasm-bindgen: run cargo generate-lockfile')
  const folder = path.join(cacheFolder, `wasm-bindgen-${version}`)
  const tools = ['wasm-bindgen', 'wasm-bindgen-test-runner'].map((name) => path.join(folder, 'bin', name))
  if (!tools.every((tool) => fs.existsSync(tool))) {
    say(`building wasm-bindgen ${version} (once, some minutes)`)
    await run('cargo', ['install', 'wasm-bindgen-cli', '--version', version, '--root', folder])
  }
  return path.join(folder, 'bin')
}

/** Makes sure that Chromium and its driver are there, through apt where that is possible. */
export async function installChromium() {
  if (chromium() && which('chromedriver')) return
  if (process.getuid?.() !== 0 || !which('apt-get')) {
    throw new Stop('missing: Chromium and chromedriver: apt-get install chromium chromium-driver')
  }
  say('installing Chromium')
  await run('apt-get', ['update'])
  await run('apt-get', ['install', '--yes', '--no-install-recommends', 'chromium', 'chromium-driver'], { env: { DEBIAN_FRONTEND: 'noninteractive' } })
}

/** A Vulkan driver, as the loader finds them. */
const VULKAN_DRIVERS = '/usr/share/vulkan/icd.d'

/** Whether there is a Vulkan driver: that of a GPU, or Mesa's in software, which is installed where that is possible. */
export async function installVulkan() {
  const isThere = () => fs.existsSync(VULKAN_DRIVERS) && fs.readdirSync(VULKAN_DRIVERS).some((name) => name.endsWith('.json'))
  if (!isThere() && process.getuid?.() === 0 && which('apt-get')) {
    say('installing a Vulkan driver in software')
    await run('apt-get', ['update'])
    await run('apt-get', ['install', '--yes', '--no-install-recommends', 'mesa-vulkan-drivers', 'libvulkan1'], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    })
  }
  return isThere()
}

/** The path of the system's Chromium, or undefined. */
export const chromium = () => which('chromium') ?? which('chromium-browser') ?? which('google-chrome')

/** Everything that a build needs. */
export async function setUp() {
  checkPrerequisites()
  await installPackages()
  await installWasmTarget()
  await installWasmBindgen()
}
