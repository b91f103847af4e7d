import { webkit } from './drivers.mjs'
import { faultSpecs } from './fault-specs.mjs'

faultSpecs(webkit)
