import { chromium } from './drivers.mjs'
import { specs } from './specs.mjs'

specs(chromium)
