import { firefox } from './drivers.mjs'
import { specs } from './specs.mjs'

specs(firefox)
