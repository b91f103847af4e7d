/** What the project is built from: everything is pinned by a hash, and comes from the public registries. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import test from 'node:test'

const read = (file: string) => fs.readFileSync(file, 'utf8')

test('every crate is pinned by a checksum and comes from crates.io', () => {
  const others = ['fuzz', 'scripts/bindgen', 'tests/bench/candle'].map((crate) => `${crate}/Cargo.lock`)
  for (const lock of ['Cargo.lock', ...others]) {
    const packages = read(lock).split('[[package]]').slice(1)
    assert.ok(packages.length > 10)
    for (const entry of packages) {
      const [, name] = /name = "(.*)"/.exec(entry)!
      // What lies in this repository has no source.
      if (!entry.includes('source = ')) assert.match(name!, /^inkling/, lock)
      else {
        assert.match(
          entry,
          /source = "registry\+https:\/\/github\.com\/rust-lang\/crates\.io-index"/,
          `${lock}: ${name}`,
        )
        assert.match(entry, /checksum = "[0-9a-f]{64}"/, `${lock}: ${name}`)
      }
    }
  }
})

test('wasm-bindgen and what writes its glue are of one version', () => {
  const version = (lock: string, name: string) => new RegExp(`name = "${name}"\nversion = "(.*)"`).exec(read(lock))?.[1]
  const expected = version('Cargo.lock', 'wasm-bindgen')
  assert.ok(expected)
  for (const name of ['wasm-bindgen-cli', 'wasm-bindgen-cli-support', 'wasm-bindgen-shared'])
    assert.equal(version('scripts/bindgen/Cargo.lock', name), expected, name)
})

test('every package of npm is pinned by a hash, and the one that ships depends on none', () => {
  const locks = ['package-lock.json', 'tests/package/package-lock.json', 'tests/bench/package-lock.json']
  for (const lock of [...locks, 'scripts/docs/package-lock.json']) {
    const { packages } = JSON.parse(read(lock)) as {
      packages: Record<string, { integrity?: string; link?: boolean; resolved?: string }>
    }
    for (const [name, { integrity, link, resolved }] of Object.entries(packages)) {
      if (name === '' || link) continue
      assert.match(integrity ?? '', /^sha512-/, `${lock}: ${name}`)
      assert.match(resolved ?? 'https://registry.npmjs.org/', /^https:\/\/registry\.npmjs\.org\//, `${lock}: ${name}`)
    }
  }
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  assert.equal(dependencies, undefined)
  for (const [name, version] of Object.entries(devDependencies!)) assert.match(version, /^\d+\.\d+\.\d+$/, name)
})

test('scripts install what the lock files say, and nothing by a name alone', () => {
  for (const name of fs.readdirSync('scripts/wheels')) {
    const [, ...options] = read(`scripts/wheels/${name}`)
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
    assert.ok(
      options.length > 0 && options.every((option) => /^ +--hash=sha256:[0-9a-f]{64}( \\)?$/.test(option)),
      name,
    )
  }
  const scripts = fs.readdirSync('scripts').filter((name) => name.endsWith('.mjs'))
  for (const name of scripts) {
    const text = read(`scripts/${name}`)
    assert.doesNotMatch(text, /npx (?!playwright|inkling)/, name)
    assert.doesNotMatch(text, /'npm', \[\s*'(?:install|i)'/, `${name}: take npm ci`)
    assert.doesNotMatch(text, /curl|wget/, `${name}: nothing is fetched without a hash`)
  }
})
