/** How a build begins. */

import type { BuildProgress, BuildSettings } from '../types.js'
import { Accelerator } from './accelerate.js'
import type { BuildGlue, EncoderGlue, GlueBuilder } from './glue.js'
import { fetchModels } from './model.js'
import type { BuildSource, LoadOptions } from './protocol.js'
import { Store } from './store.js'

/** Reads the documents, loads the model, and cuts the documents for it. Also gives the GPU's part in encoding them. */
export async function planBuild(
  glue: BuildGlue,
  loadGpuGlue: () => Promise<EncoderGlue>,
  source: BuildSource,
  settings: BuildSettings,
  url: string,
  options: LoadOptions,
  onProgress: (progress: BuildProgress) => void,
): Promise<[GlueBuilder, Accelerator]> {
  const isFile = 'bytes' in source
  const builder = isFile
    ? glue.Builder.fromBytes(source.bytes, source.name, settings)
    : glue.Builder.fromDocuments(source.documents, settings)
  onProgress({ stage: 'read', done: builder.documents(), total: builder.documents() })
  const store = new Store(url, { ...options, isModel: true })
  const { documents, queries, again } = await fetchModels(store, glue, ({ loaded, total }) =>
    onProgress({ stage: 'model', done: loaded, total }),
  )
  builder.setModel(documents, queries)
  const cpu = { encodeHere: async (text: string) => builder.encode(text), again }
  return [builder, new Accelerator(cpu, options.backend, loadGpuGlue)]
}
