import { baseline } from './drivers.mjs'
import { specs } from './specs.mjs'

specs(baseline)
