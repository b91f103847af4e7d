/** What both parts of the worker know: what it holds, and how its methods are answered. */
import { InklingError } from '../errors.js'
import type { Choice, SearchInfo } from '../types.js'
import type { Accelerator } from './accelerate.js'
import type { BuildGlue, EncoderGlue } from './glue.js'
import type { ModelEncoder } from './model.js'
import type { LoadOptions, Method, Methods } from './protocol.js'
import type { SiteSearch } from './site-search.js'

/** What the worker holds. */
export interface Held {
  /** Where the search is. */
  site?: { url: string; options: LoadOptions }
  search?: SiteSearch
  encoder?: ModelEncoder
  /** The GPU's parts: in the encoder, and in what encodes documents, which may be the builder. */
  accelerators: Partial<Record<'queries' | 'documents', Accelerator | undefined>>
  /** Rejects the load of the model that is under way, when its module stops where nobody can catch it. */
  failModel?: ((error: InklingError) => void) | undefined
}

/** Answers some methods. */
export type Handlers<M extends Method = Method> = {
  [K in M]: (
    params: Methods[K]['params'],
    onProgress: (progress: Methods[K]['progress']) => void,
  ) => Promise<Methods[K]['result']>
}

/** The methods that words are answered with. */
export type FirstMethod = 'loadSearch' | 'query' | 'similar' | 'ping'

/** The methods of `later.ts`. */
export type LaterMethod = Exclude<Method, FirstMethod>

/** What `later.ts` is given, since the modules of a worker are started once: it has no copy of `glue.ts`. */
export interface Given {
  held: Held
  loadEncoderGlue(module?: WebAssembly.Module): Promise<EncoderGlue>
  loadGpuGlue(): Promise<EncoderGlue>
  loadBuildGlue(): Promise<BuildGlue>
  compiledModule(): Promise<WebAssembly.Module | undefined>
  trapOf(thrown: unknown): InklingError | undefined
  isOfEncoder(thrown: unknown): boolean
  choice(): Choice
  searchInfo(): SearchInfo
}

/** What must be there by now. */
export function loaded<T>(part: T | undefined): T {
  if (!part) throw new InklingError('internal', 'nothing is loaded')
  return part
}
