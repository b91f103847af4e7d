import { webkit } from './drivers.mjs'
import { specs } from './specs.mjs'

specs(webkit)
