/** A page that is one file only searches: what builds would double the size of its engine. */
import type { BuildGlue } from '../src/build-wasm.js'
import { InklingError } from '../src/errors.js'

/** Refuses. */
export async function loadBuildGlue(): Promise<BuildGlue> {
  throw new InklingError('invalid-input', 'a page that is one file cannot build an index: use the package, or `inkling index`')
}
