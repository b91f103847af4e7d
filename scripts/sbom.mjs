// What a release is made of, as a CycloneDX list: every crate that is in the native command line of a platform or in a module of
// WebAssembly, with its licence, its hash and where its source is. The npm package brings no other package along.

import fs from 'node:fs'
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library'
import { modules } from './cargo.mjs'
import { at, capture, Stop } from './lib.mjs'

/**
 * What is built for a release: programs for systems, and modules.
 * @type {Record<string, { target: string, features: string }>}
 */
export const BUILDS = {
  'linux-x64': { target: 'x86_64-unknown-linux-gnu', features: 'cli' },
  'linux-arm64': { target: 'aarch64-unknown-linux-gnu', features: 'cli' },
  'darwin-x64': { target: 'x86_64-apple-darwin', features: 'cli' },
  'darwin-arm64': { target: 'aarch64-apple-darwin', features: 'cli' },
  'win32-x64': { target: 'x86_64-pc-windows-msvc', features: 'cli' },
  ...Object.fromEntries(
    Object.entries(modules).map(([name, features]) => [name, { target: 'wasm32-unknown-unknown', features }]),
  ),
}

/** As `cargo metadata` has it. @typedef {{ name: string, version: string, license?: string, description?: string, repository?: string }} Crate */

/** What cargo prints, in one go. @param {string[]} args */
function cargo(...args) {
  const said = capture('cargo', [...args, '--locked'])
  if (!said) throw new Stop(`fails: cargo ${args.join(' ')}`)
  return said
}

/**
 * The crates that are linked into a build, as `name@version`, and what each depends on. Not from `cargo metadata`, which counts in what
 * tests need.
 * @param {{ target: string, features: string }} build
 */
function linkedInto({ target, features }) {
  const edges = ['--edges', 'normal,no-proc-macro', '--prefix', 'depth']
  const tree = cargo('tree', '--target', target, '--no-default-features', '--features', features, ...edges)
  /** @type {Map<string, Set<string>>} */
  const found = new Map()
  /** @type {string[]} */
  const above = []
  for (const line of tree.split('\n')) {
    const [, depth = '0', name, version] = /^(\d+)(\S+) v(\S+)/.exec(line) ?? []
    const crate = `${name}@${version}`
    if (!found.has(crate)) found.set(crate, new Set())
    found.get(above[Number(depth) - 1] ?? '')?.add(crate)
    above[Number(depth)] = crate
  }
  return found
}

/** The SHA-256 of the sources of all crates, by name and version. */
function checksums() {
  const entries = fs
    .readFileSync(at('Cargo.lock'), 'utf8')
    .matchAll(/\nname = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "(\w+)"/g)
  return new Map([...entries].map(([, name, version, checksum = '']) => [`${name}@${version}`, checksum]))
}

/** @param {Crate} crate @param {string[]} builds @param {string | undefined} checksum */
function component({ name, version, license, description, repository }, builds, checksum) {
  if (!license) throw new Stop(`${name} ${version} does not name its licence`)
  if (!checksum) throw new Stop(`Cargo.lock has no checksum of ${name} ${version}`)
  const purl = `pkg:cargo/${name}@${encodeURIComponent(version)}`
  const made = new Models.Component(Enums.ComponentType.Library, name, {
    bomRef: purl,
    version,
    purl,
    ...(description && { description: description.trim() }),
  })
  // Older manifests part alternatives with a slash.
  made.licenses.add(new Models.LicenseExpression(license.replaceAll(/ *\/ */g, ' OR ')))
  made.hashes.set(Enums.HashAlgorithm['SHA-256'], checksum)
  const source = `https://static.crates.io/crates/${name}/${name}-${encodeURIComponent(version)}.crate`
  made.externalReferences.add(new Models.ExternalReference(source, Enums.ExternalReferenceType.Distribution))
  if (repository) made.externalReferences.add(new Models.ExternalReference(repository, Enums.ExternalReferenceType.VCS))
  for (const build of builds) made.properties.add(new Models.Property('inkling:in', build))
  return made
}

/** The list as JSON. @param {string} version of the release */
export function sbom(version) {
  /** @type {Map<string, { builds: string[], needs: Set<string> }>} */
  const linked = new Map()
  for (const [build, of] of Object.entries(BUILDS)) {
    for (const [crate, needs] of linkedInto(of)) {
      const known = linked.get(crate) ?? { builds: [], needs: new Set() }
      linked.set(crate, { builds: [...known.builds, build], needs: new Set([...known.needs, ...needs]) })
    }
  }
  const { packages } = JSON.parse(cargo('metadata', '--format-version', '1', '--all-features'))
  const sums = checksums()
  const own = new Models.Component(Enums.ComponentType.Application, 'inkling-search', {
    bomRef: 'inkling-search',
    version,
    purl: `pkg:npm/inkling-search@${version}`,
  })
  own.licenses.add(new Models.LicenseExpression('MIT OR Apache-2.0'))
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: own }) })
  /** @type {Map<string, Models.Component>} */
  const components = new Map()
  for (const crate of /** @type {Crate[]} */ (packages)) {
    const id = `${crate.name}@${crate.version}`
    const { builds } = linked.get(id) ?? {}
    if (!builds) continue
    if (crate.name === 'inkling-search') components.set(id, own)
    else {
      const made = component(crate, builds, sums.get(id))
      components.set(id, made)
      bom.components.add(made)
    }
  }
  for (const [crate, { needs }] of linked) {
    const made = components.get(crate)
    if (!made) throw new Stop(`cargo metadata does not tell of ${crate}`)
    for (const need of needs) made.dependencies.add(/** @type {Models.Component} */ (components.get(need)).bomRef)
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6))
  return serializer.serialize(bom, { sortLists: true, space: 2 })
}
