// What `.ci/run` asks of a change: all checks and all tests. What compiles is done side by side; what measures the
// patience of a browser has the machine for itself.

import { NATIVE } from './cargo.mjs'
import { checkDocs, checkEachFeature, checkFormat, checkTypes, lintNative, lintWasm, setUpChecks } from './check.mjs'
import { sideBySide } from './lanes.mjs'
import { EVERYTHING, layers } from './layers.mjs'
import { script } from './lib.mjs'
import { buildCliAndTests } from './site.mjs'
import { counted } from './test.mjs'
import { buildWasm } from './wasm.mjs'

/** @param {string[]} names the layers to run, in this order */
const tests = (...names) =>
  names.flatMap((name) => {
    const layer = /** @type {import('./layers.mjs').Layer} */ (layers[name])
    return [layer.prepare, () => layer.run(EVERYTHING)]
  })

await script(() =>
  counted(async () => {
    await setUpChecks()
    await checkFormat()
    await sideBySide([
      [() => buildCliAndTests(NATIVE), lintNative, ...tests('rust', 'export'), checkDocs, checkEachFeature],
      [() => buildWasm(), checkTypes, ...tests('unit', 'wasm'), lintWasm],
    ])
    for (const step of tests(
      ...Object.keys(layers).filter((name) => !['rust', 'export', 'unit', 'wasm'].includes(name)),
    ))
      await step()
  }),
)
