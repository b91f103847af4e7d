// The worker of the package, whose memory can be asked for, and which fetches nothing unasked: its visitor saves data.
import { memoryBytes, watchMemories } from './memories.js'
import '/inkling/worker.js'

watchMemories()
Object.defineProperty(navigator, 'connection', { value: { saveData: true } })

const channel = new BroadcastChannel('inkling-bench')
channel.onmessage = () => channel.postMessage(memoryBytes())
