// The list of what a release is made of.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import test from 'node:test'
import { at } from '../../scripts/lib.mjs'
import { BUILDS, sbom } from '../../scripts/sbom.mjs'

/** @typedef {{ name: string, version: string, purl: string, hashes: { alg: string, content: string }[], licenses: { expression: string }[], externalReferences: { type: string, url: string }[], properties: { name: string, value: string }[] }} Component */

const list = JSON.parse(sbom('1.2.3'))
/** @type {Component[]} */
const components = list.components
/** The builds that a crate is in; undefined where it is in none. @param {string} name */
const builds = (name) =>
  components
    .find((one) => one.name === name)
    ?.properties.map(({ value }) => value)
    .sort()
const programs = Object.keys(BUILDS).filter((name) => BUILDS[name]?.features === 'cli')

test('the list of a release is CycloneDX, of this version of the package', () => {
  assert.equal(list.bomFormat, 'CycloneDX')
  assert.equal(list.specVersion, '1.6')
  assert.deepEqual([list.metadata.component.name, list.metadata.component.version], ['inkling-search', '1.2.3'])
})

test('each crate has its licence, the hash that it is locked to, and the address of its source', () => {
  const lock = fs.readFileSync(at('Cargo.lock'), 'utf8').split('[[package]]')
  assert.ok(components.length > 150)
  for (const { name, version, purl, hashes, licenses, externalReferences } of components) {
    const entry = lock.find((entry) => entry.includes(`name = "${name}"\nversion = "${version}"\n`)) ?? ''
    const [hash] = hashes
    assert.ok(hash && entry.includes(`checksum = "${hash.content}"`), name)
    assert.match(licenses[0]?.expression ?? '', /^\(?[A-Z0-9]/i, name)
    assert.equal(purl, `pkg:cargo/${name}@${encodeURIComponent(version)}`)
    const [source] = externalReferences.filter(({ type }) => type === 'distribution')
    assert.match(source?.url ?? '', /^https:\/\/static\.crates\.io\/crates\/.*\.crate$/, name)
  }
})

test('it says what each crate is in, and leaves out what only tests and builds need', () => {
  assert.deepEqual(builds('safetensors'), Object.keys(BUILDS).sort(), 'everything reads weights or vectors')
  assert.deepEqual(builds('rustls'), programs.sort(), 'the command line fetches models, and no page does')
  assert.deepEqual(builds('selectors'), [...programs, 'inkling-node'].sort(), 'command lines read the pages of a site')
  assert.deepEqual(builds('wgpu'), ['inkling-gpu'])
  assert.equal(builds('proptest'), undefined)
  assert.equal(builds('cc'), undefined)
})

test('what depends on what leads from the package to every crate', () => {
  /** @type {Map<string, string[]>} */
  const needs = new Map(
    list.dependencies.map((/** @type {{ ref: string, dependsOn?: string[] }} */ { ref, dependsOn = [] }) => [
      ref,
      dependsOn,
    ]),
  )
  const reached = new Set(['inkling-search'])
  // A set goes on to what is added to it meanwhile.
  for (const ref of reached) needs.get(ref)?.forEach((need) => reached.add(need))
  assert.equal(reached.size, components.length + 1)
})
