import { firefox } from './drivers.mjs'
import { faultSpecs } from './fault-specs.mjs'

faultSpecs(firefox)
