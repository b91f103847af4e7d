/** How a build begins, in the browser's worker and in Node alike. */

import type { BuildProgress, BuildSettings } from '../types.js'
import type { BuildGlue, GlueBuilder } from './glue.js'
import type { BuildSource, LoadOptions } from './protocol.js'

/** Reads the documents, loads the model, and cuts the documents for it. */
export async function planBuild(
  { Builder }: Pick<BuildGlue, 'Builder'>,
  source: BuildSource,
  settings: BuildSettings,
  url: string,
  options: LoadOptions,
  onProgress: (progress: BuildProgress) => void,
): Promise<GlueBuilder> {
  const isFile = 'bytes' in source
  const builder = isFile
    ? Builder.fromBytes(source.bytes, source.name, settings)
    : Builder.fromDocuments(source.documents, settings)
  onProgress({ stage: 'read', done: builder.documents(), total: builder.documents() })
  await builder.loadModel(url, options, ({ loaded, total }) => onProgress({ stage: 'model', done: loaded, total }))
  return builder
}
